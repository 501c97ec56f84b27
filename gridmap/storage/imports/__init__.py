"""Bulk loading and the imports that were made."""
