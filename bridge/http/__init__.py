"""The one place that talks HTTP to the platforms, and to the addresses that files are at."""

from bridge.http.calls import get_json, get_text, post_file, post_json, post_text
from bridge.http.connections import session
from bridge.http.deadline import within
from bridge.http.streams import Stream, get_stream

__all__ = ["Stream", "get_json", "get_stream", "get_text", "post_file", "post_json", "post_text", "session", "within"]
