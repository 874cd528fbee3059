"""A customer's data: given out, erased, and dropped after its days."""
