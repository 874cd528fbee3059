"""Numbers over a span: what is asked, shown and allowed."""
