"""What a plan is asked for: the request, rules, prizes, and the problem that they make with the data."""
