"""Times as logs have them: to the second, and sorted as they read."""

DATETIME_FORMAT = "Y-m-d H:i:s"
