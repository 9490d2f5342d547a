"""`python -m sandbox.smsc`."""

from sandbox.smsc.commands import smsc

if __name__ == "__main__":
    smsc(prog_name="sandbox.smsc")
