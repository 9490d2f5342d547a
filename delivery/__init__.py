"""How editions reach readers: ports, dispatches, submissions, reports and the ledger that proves the count."""
