"""Muscle tables traced from sculpted heads: how skin moves in the eyes of those who model faces."""
