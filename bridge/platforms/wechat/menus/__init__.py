"""The menu of an account: its items, what WeChat takes, how it is edited, published and taken over from WeChat's console."""
