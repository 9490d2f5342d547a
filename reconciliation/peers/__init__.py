"""MISC and its like, as they are configured: from where they call, by which numbers they mean what, where they are called."""

from reconciliation.peers.options import MISCOptions
from reconciliation.peers.services import Peer, asked_peer, peers

__all__ = ["MISCOptions", "Peer", "asked_peer", "peers"]
