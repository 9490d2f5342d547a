"""Owning the binds of ports: who has them, who works their batches, who takes what comes in on them."""
