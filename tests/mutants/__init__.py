"""`make mutants`: change the product for the worse, one place at a time, and count what the quick tests notice (cosmic-ray)."""
