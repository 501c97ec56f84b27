"""Response: who can be where, how soon; who was sent; where another base would help."""
