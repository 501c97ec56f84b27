"""What the workspace remembers of itself."""
