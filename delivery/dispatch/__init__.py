"""Deciding who gets an edition: planning and counting, the frozen snapshot, steering, progress."""
