"""Dispatches in the database."""
