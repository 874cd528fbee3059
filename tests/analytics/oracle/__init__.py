"""A second calculation of the reports' numbers, from the raw rows and by docs/metrics.md alone.

Nothing here imports the code it judges: `truth` looks at conversations, messages, assignments, queue entries, seats and
deliveries after each event and writes down what happened; `numbers` makes every metric of that, with plain lists.
"""
