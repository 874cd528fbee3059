"""Doors, inbox, lanes, filters, content, conversations, context and outbox: the way of a message."""
