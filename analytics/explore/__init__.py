"""Conversations by any two of what tells them apart: tag, source, first words, group, seat, day, hour."""
