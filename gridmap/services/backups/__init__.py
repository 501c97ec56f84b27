"""Backups: made, kept, looked at, restored, and proven by a drill."""
