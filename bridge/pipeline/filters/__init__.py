"""The filters: every event passes them in the order of settings.FILTERS."""
