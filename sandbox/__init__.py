"""The sandbox: a local WeChat and a local Tencent IM that speak the real protocols over HTTP.

It imports nothing of the bridge, and the bridge nothing of it: they meet at their addresses, as with the real ones.
"""
