"""The MISC simulator: holds orders, calls a platform with what happens to them, takes its requests and calls back before it answers.

It reads and writes MISC's messages with code of its own (`wire`), so that a fault of our
codec is not repeated by its peer. Randomness comes from a seed, so a run can be
repeated. Nothing here is fit to hold real orders.
"""
