"""Teams, organisations and migrant clusters in the database."""
