"""Lanes: which worker has a customer's turn, and how workers hear of work."""
