"""Accounts: posts, sessions, tokens, and the audit."""
