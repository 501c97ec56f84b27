"""Imports: a file in, rows in the database, or nothing and a list of what to mend."""
