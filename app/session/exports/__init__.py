"""Files that other programs read, written from a project."""
