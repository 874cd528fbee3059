"""Measurements, side by side in one run. Ratios are the goals; absolute numbers depend on the machine."""
