"""Numbers: reads everything, and nothing imports it."""
