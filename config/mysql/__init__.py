"""Django's MySQL backend: tables change beside a site that runs, and several servers may be one database (Galera)."""
