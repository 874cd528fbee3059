"""What a conversation looks like from outside."""
