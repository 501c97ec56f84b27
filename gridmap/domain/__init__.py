"""What things are and which rules hold. No input or output."""
