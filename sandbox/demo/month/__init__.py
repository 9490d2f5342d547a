"""What the invented month's two papers tell, see `sandbox.demo.month.papers`."""
