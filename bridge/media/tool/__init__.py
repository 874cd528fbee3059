"""The workshop's bench: reads and converts one media file, in a process of its own (`tool.run`).

Files come from strangers and the codecs are large: so neither their faults nor their memory are the worker's. No Django
in here, no network, and nothing of the file's own addresses is followed.
"""
