"""`python -m sandbox.mmsc`."""

from sandbox.commands import mmsc

if __name__ == "__main__":
    mmsc(prog_name="sandbox.mmsc")
