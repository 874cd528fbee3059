"""The commands' help texts, once more, where the tools that collect texts for translation can see them.

A command's docstring is its help text; a test keeps the two alike.
"""

from django.utils.translation import gettext_noop

HELP_TEXTS = [
    gettext_noop("Hand this conversation to another seat or group, with its last messages."),
    gettext_noop("Show how many customers wait, and how long."),
    gettext_noop("Send again what did not reach the customer."),
    gettext_noop("Close this conversation."),
    gettext_noop("Leave the mode: a seat leaves the conversation to the next free one, a customer leaves the queue."),
    gettext_noop("Take no new conversations; those you have go on."),
    gettext_noop("Be away for a while: no new conversations."),
    gettext_noop("Take new conversations again."),
    gettext_noop("List the commands."),
]
