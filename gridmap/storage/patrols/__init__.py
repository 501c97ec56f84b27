"""Plans and what became of them in the database."""
