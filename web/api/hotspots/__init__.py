"""Hotspot runs."""
