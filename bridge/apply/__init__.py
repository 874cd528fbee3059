"""One event is applied in one transaction: what is loaded for it, and what its actions write."""
