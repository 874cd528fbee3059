"""What is counted, hour by hour."""
