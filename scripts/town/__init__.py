"""The demonstration town: real names and codes, everything else drawn from a seed."""
