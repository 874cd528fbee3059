"""What the pages of the admin share, whichever app or platform they belong to."""
