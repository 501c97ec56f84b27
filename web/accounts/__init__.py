"""Pages of the door: sign-in, one's own account, posts, and the audit."""
