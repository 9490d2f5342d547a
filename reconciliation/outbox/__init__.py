"""Requests to BOSS and MISC: written with their cause, sent later, in each reader's order, until somebody has answered.

A request is a row that is committed together with what made it necessary. A worker
takes the first of each reader, lets it leave with no transaction open and writes
the answer down. Where the answer is lost nobody knows whether the peer took it: the same
request goes again with the same transaction id, by which the peer knows it. A peer
that is away holds what waits for it and spends none of its tries (`breaker`). What a
code means stands in a table (`answers.toml`); one that no table knows is a person's.
"""

from reconciliation.outbox.requests import Request, enqueue, enqueue_all

__all__ = ["Request", "enqueue", "enqueue_all"]
