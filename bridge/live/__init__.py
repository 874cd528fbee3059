"""Settings that change while the site runs."""
