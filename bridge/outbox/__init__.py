"""Deliveries: what is owed to whom, one call to a platform, and what its answer means."""
