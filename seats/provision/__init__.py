"""Provisioning: a TOML file that says what the site is made of, applied as a whole or not at all."""
