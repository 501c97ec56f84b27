"""What a backup asks of the database: figures of one moment, its log, dumps."""
