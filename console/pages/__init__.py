"""The pages of the console: each loads, calls one service and presents."""
