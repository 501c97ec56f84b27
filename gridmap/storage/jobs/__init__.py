"""Jobs in the database: the queue, and which workers are there."""
