"""The figures of this minute."""
