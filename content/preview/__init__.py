"""The preview: an edition before it is sent, as one reader gets it and why, as the readers of a segment get it, or as one handset shows it."""
