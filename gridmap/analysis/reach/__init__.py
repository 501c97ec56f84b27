"""Who is inside what, who is nearest, who is covered."""
