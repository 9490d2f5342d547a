"""The proof: counting every reader again from rows, submissions, reports and the peer's own record."""
