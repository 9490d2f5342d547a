"""Whether a process of this host lives. Containers ask every few seconds, so little is imported here."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from huabao import leases
from huabao.runtime import Runtime


def process_lease(role: str) -> str:
    """The lease by which this host's process of that role shows that it lives."""
    return f"process:{role}:{socket.gethostname()}"


def health(runtime: Runtime, role: str, *, port: int = 8080) -> str:
    """A sentence when this host's process of that role lives, else an empty text."""
    if role == "web":
        return _http_alive(f"http://127.0.0.1:{port}/healthz")
    if role == "worker":
        from console.worker import make_celery

        answers = make_celery().control.ping(destination=[f"celery@{socket.gethostname()}"], timeout=3.0)
        return "the worker answers" if answers else ""
    with runtime.transaction(read_only=True) as session:
        alive = session.scalar(select(leases.Lease.expires_at).where(leases.Lease.name == process_lease(role)))
    return f"{role} was alive just now" if alive is not None and alive > runtime.now() else ""


def house(runtime: Runtime) -> list[str]:
    """What keeps the house as a whole from working, a sentence each; empty where it works."""
    from monitoring.alarms.vitality import problems

    try:
        with runtime.transaction(read_only=True) as session:
            return problems(session, runtime.now())
    except SQLAlchemyError as error:
        return [f"the database cannot be asked ({type(error).__name__})"]


def _http_alive(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=3.0) as answer:  # noqa: S310  # our own loopback address
            return "the web answers" if answer.status == 200 else ""
    except (urllib.error.URLError, OSError):
        return ""
