"""Roles: what they let people do, in words, and the four that a new site begins with."""
