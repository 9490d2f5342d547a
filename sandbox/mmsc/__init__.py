"""The MMSC simulator: takes SubmitReqs over HTTP, decides what becomes of each recipient, posts reports.

It reads and writes MM7 with code of its own (`wire`), so that a fault of our
codec is not repeated by its peer. Randomness comes from a seed and from what
it decides about, so a run can be repeated. Nothing here is fit to carry real
messages.
"""
