"""Hotspot runs in the database."""
