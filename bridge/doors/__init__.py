"""What the doors of all platforms share."""
