"""Teams, migrant clusters and organisations."""
