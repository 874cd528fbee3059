"""A believable history for a site that has none: to look at the reports before there is anything to report."""
