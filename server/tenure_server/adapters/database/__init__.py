"""Tables, queries and units of work on SQLite and PostgreSQL."""
