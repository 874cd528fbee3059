"""What stands below everything: the clock, Redis, rows and fields."""
