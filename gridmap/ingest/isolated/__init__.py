"""What runs in the reading process: small, and importing as little as it can."""
