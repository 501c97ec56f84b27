"""Documents that leave the house over the API."""
