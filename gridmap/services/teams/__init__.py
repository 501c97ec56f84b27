"""Teams, organisations, migrant clusters and what is planned from where people are."""
