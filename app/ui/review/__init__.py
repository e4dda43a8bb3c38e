"""The window in which recorded sessions are reviewed."""
