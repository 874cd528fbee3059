"""How the site is started, watched and stopped."""
