"""The reports' data for other tools: SQL views with stable columns, a file of conversations, and what each column means."""
