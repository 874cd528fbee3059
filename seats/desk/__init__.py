"""The web desk: a seat's workplace in the browser. What it does, it does by the REST API; what it shows stands here."""
