"""What became of a plan: where its teams are, visits, effects."""
