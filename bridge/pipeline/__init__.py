"""Decisions. PURE: state and a message in, actions out; no database, Redis, HTTP or clock."""
