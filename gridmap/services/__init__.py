"""One use case a module; a service owns its transaction."""
