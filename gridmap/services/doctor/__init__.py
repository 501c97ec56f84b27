"""What is not in order on this machine, and what to do."""
