"""Reports as files and as mail."""
