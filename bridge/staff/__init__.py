"""Staff: sign-in in two steps, logins, saved filters."""
