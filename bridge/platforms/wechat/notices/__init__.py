"""Template messages and subscription notices: what may be sent to a customer whose window is closed."""
