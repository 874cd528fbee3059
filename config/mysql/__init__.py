"""Django's MySQL backend for several servers that are one database (Galera)."""
