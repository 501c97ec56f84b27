"""Dispatch and coverage."""
