"""Untrusted files to validated rows, with a reason for each refused row."""
