"""Commands about teams, organisations and migrant clusters."""
