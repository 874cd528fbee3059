"""The platforms: one folder each, found through settings.PLATFORMS."""
