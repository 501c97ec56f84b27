"""Work that costs: a queue in the database, and workers beside the server. Wings bring their own kinds of job."""
