"""Rows in and out of SQLite or PostgreSQL; the only place with SQL."""
