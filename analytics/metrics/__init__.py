"""What every number means and how it is counted."""
