"""Moving in: what WeChat's console holds (menu, reply to new followers, keyword replies) is read and taken over."""
