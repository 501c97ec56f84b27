"""The API, one module a resource. Version 1 lives under ``/api/v1``."""
