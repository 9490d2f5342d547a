"""Commands that start the processes: serve, worker, scheduler, link; and `health`, which asks after them."""

from __future__ import annotations

import os

import click

from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError
from huabao.queues import QUEUES


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=int)
@operation
def serve(invocation: Invocation, host: str, port: int) -> Report:
    """The web console and the APIs; embedded, the jobs are worked here too."""
    from console import processes

    processes.serve(invocation.runtime, invocation.registry, host=host, port=port)
    return Report({"stopped": True})


@click.command("worker")
@click.option("--queues", "names", default=",".join(QUEUES), show_default=True, help="Comma between them; the first overtakes.")
@click.option("--concurrency", default=os.cpu_count() or 2, show_default="processors", type=int)
@operation
def worker(invocation: Invocation, names: str, concurrency: int) -> Report:
    """A Celery worker (production; embedded installations need none)."""
    from console import processes

    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = set(wanted) - set(QUEUES)
    if unknown or not wanted:
        raise UsageError(f"there are the queues {', '.join(QUEUES)}; not {', '.join(sorted(unknown)) or 'none'}")
    processes.worker(invocation.runtime, wanted, concurrency)
    return Report({"stopped": True})


@click.command("scheduler")
@operation
def scheduler(invocation: Invocation) -> Report:
    """Periodic work and the relay to Celery; one leads, others stand by."""
    from console import processes

    processes.scheduler(invocation.runtime, invocation.registry)
    return Report({"stopped": True})


@click.command("link")
@click.option("--ports", "ports", multiple=True, metavar="NAME[,NAME…]", help="The only ports to own (default: each smpp port that nobody owns).")
@operation
def link(invocation: Invocation, ports: tuple[str, ...]) -> Report:
    """The owner of the SMPP binds: sends their batches, stores what comes in; a port has one owner, others stand by."""
    from console import processes

    names = frozenset(name.strip() for one in ports for name in one.split(",") if name.strip())
    processes.link(invocation.runtime, invocation.registry, names or None)
    return Report({"stopped": True})


@click.command("health")
@click.argument("role", type=click.Choice(["web", "worker", "scheduler", "link", "house"]))
@click.option("--port", default=8080, show_default=True, type=int, help="Of the web.")
@operation
def health(invocation: Invocation, role: str, port: int) -> Report:
    """Whether this host's process of that role lives, or the house as a whole works: exit 0 if so, 1 if not."""
    from console.health import health as ask
    from console.health import house

    if role == "house":
        wrong = house(invocation.runtime)
        return Report({"role": role, "alive": not wrong, "problems": wrong}, wrong or ["the house works"], problem=bool(wrong))
    said = ask(invocation.runtime, role, port=port)
    return Report({"role": role, "alive": bool(said)}, [said or f"no sign of life from {role} on this host"], problem=not said)


COMMANDS: tuple[click.Command, ...] = (serve, worker, scheduler, link, health)
