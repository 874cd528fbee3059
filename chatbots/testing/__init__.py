"""A test kit for chatbots: a conversation as a readable script, with no database and no HTTP. docs/chatbots.md shows it.

>>> from chatbots.testing import Script
>>> talk = Script(seats=["alice"])
>>> talk.customer("hi")
>>> talk.mode, talk.seat("alice").reads
('send', ['hi'])
>>> talk.seat("alice").says("hello")
>>> talk.customer.reads
['hello']
"""

from chatbots.testing.script import Script

__all__ = ["Script"]
