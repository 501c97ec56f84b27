"""Cases: incidents, what was done in them, and how many there are."""
