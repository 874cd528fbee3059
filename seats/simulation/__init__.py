"""The simulator: a day of customers played against the real assignment code, for planning staff and for tests."""
