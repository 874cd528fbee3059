"""A test kit for chatbots: a conversation as a readable script, with no database and no HTTP. docs/chatbots.md shows it.

>>> from chatbots.testing import Script
>>> conversation = Script(seats=["alice"])
>>> conversation.customer("hi")
>>> conversation.mode, conversation.seat("alice").reads
('send', ['hi'])
>>> conversation.seat("alice").says("hello")
>>> conversation.customer.reads
['hello']
"""

from chatbots.testing.script import Script

__all__ = ["Script"]
