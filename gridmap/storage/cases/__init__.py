"""Incidents and their steps in the database."""
