"""Echo: a sample platform for tests, one folder and one settings line. A JSON door, a JSON API, an account model of its own."""
