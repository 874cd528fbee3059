"""Media: files on their way between the platforms. Streamed to disk, never held whole in memory."""
