"""The commands' help texts, once more, where the tools that collect texts for translation can see them.

A command's docstring is its help text; a test keeps the two alike.
"""

from django.utils.translation import gettext_noop

HELP_TEXTS = [
    gettext_noop("Accept the conversation that is offered to you."),
    gettext_noop("Refuse the conversation that is offered to you."),
    gettext_noop("Take this waiting customer; with no customer here, the one who waits longest."),
    gettext_noop('Hand this conversation to another seat or group, or to "system", the account\'s chatbots.'),
    gettext_noop("List your conversations with their numbers, and those of the groups you supervise."),
    gettext_noop("Show how many customers wait, and how long."),
    gettext_noop("Send again what did not reach the customer."),
    gettext_noop("Close this conversation."),
    gettext_noop("Leave: a seat leaves the conversation to the next free one, a customer leaves the queue."),
    gettext_noop("Close the conversation and take nothing of this customer any more."),
    gettext_noop("Write a note that only seats see; the next seat reads it too."),
    gettext_noop("Write down what the conversation was about, also after it is closed."),
    gettext_noop("Put a tag on the customer or the conversation."),
    gettext_noop("Take this customer's messages again."),
    gettext_noop("Take a tag off."),
    gettext_noop("Write down what the customer is called; without a name, nothing."),
    gettext_noop("Be away for a while: no new conversations."),
    gettext_noop("Take no new conversations; those you have go on."),
    gettext_noop("Sign off: no new conversations, and whoever waits for your answer goes to another seat."),
    gettext_noop("Take new conversations again."),
    gettext_noop("For supervisors: read along and write to the customer too."),
    gettext_noop("For supervisors: no longer read along."),
    gettext_noop("For supervisors: give this conversation to another seat or group."),
    gettext_noop("For supervisors: take this conversation from its seat."),
    gettext_noop("For supervisors: read this conversation along."),
    gettext_noop("For supervisors: say something to the seat that the customer does not see."),
    gettext_noop(
        "Call the customer back by a notice when WeChat allows no message, and say why; never as advertising."
    ),
    gettext_noop("List the commands."),
]
