"""Sending an edition again: to one reader who asks for it, or to all whom a filter finds.

A resend is a dispatch of its own (kind `resend`) with its own deliveries, so that
the ledger covers it like any other. `rules` says whether it may be, `copies` what a
reader got before, `targets` which version and which items are his, `services` sends
to one, `filters`, `selection` and `bulk` to many. What was asked, by whom, why and
what came of it stands in `resends`, refusals too.
"""
