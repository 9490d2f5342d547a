"""`python -m sandbox.misc`."""

from sandbox.misc.commands import misc

if __name__ == "__main__":
    misc(prog_name="sandbox.misc")
