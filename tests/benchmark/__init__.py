"""Benchmarks: figures from one interleaved run, printed beside a peer, never a verdict on time."""
