"""`python -m sandbox.boss`."""

from sandbox.boss.commands import boss

if __name__ == "__main__":
    boss(prog_name="sandbox.boss")
