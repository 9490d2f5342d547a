"""Simulators of the peers: real servers in processes of their own, for demo, tests and rehearsals."""
