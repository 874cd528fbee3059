"""Tencent IM: everything the product knows about it."""
