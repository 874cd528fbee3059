"""Customer-service accounts: the name and the picture of a seat as customers see them beside its answers."""
