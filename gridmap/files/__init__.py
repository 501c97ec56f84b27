"""Files that leave the program: complete or not at all, safe to open."""
