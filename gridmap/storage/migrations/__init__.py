"""Alembic migrations of the schema ``gridmap``."""
