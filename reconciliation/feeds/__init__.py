"""Check files as they come: whether each may be used at all, and what is remembered of it."""
