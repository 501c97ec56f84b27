"""The Flask application: pages, API and tiles."""
