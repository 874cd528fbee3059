"""Values that every other package speaks in. PURE."""
