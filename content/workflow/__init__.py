"""What happens to an edition between its import and its send: who may do what, what was approved, what must be looked at."""
