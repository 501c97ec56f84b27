"""Commands about dispatch and coverage."""
