"""The workspace: what it is called, its days, its layers as files."""
