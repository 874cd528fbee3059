"""How the back office writes times, in each language."""
