"""The owners of all ports that have one: a lease for each port, taken where it is free, given back when we stop.

A process that holds `link:<port id>` owns the port. The lease is renewed while the
process lives; whoever falls silent loses it when it ends, and the next one binds.
A process that could not renew in time gives the port up by itself, before
somebody else has it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from delivery.links.owner import PortOwner
from delivery.models import Port
from delivery.ports import PORT_KINDS, PortSettings
from delivery.ports.pace import PaceRules
from delivery.settings import LINK_DOWN_S
from huabao import alarms, leases
from huabao.embedded import process_name
from huabao.errors import HuabaoError, UsageError
from huabao.log import get_logger
from huabao.queues import Registry
from huabao.runtime import Runtime

log = get_logger("link")

LOOK_S: Final = 1.0
"""How often the ports' settings are read, and free ones looked for."""

MISCONFIGURED: Final = "link.misconfigured"
"""The alarm of a port that cannot be bound for what is set; its key is the port's name."""

DOWN: Final = "link.down"
"""The alarm of a port none of whose binds has stood for a while; its key is the port's name."""

AGAIN_S: Final = 10.0
"""How soon a port is tried again that could not be bound for what is set."""


def lease_name(port_id: int) -> str:
    """The lease of a port's owner."""
    return f"link:{port_id}"


class Owners:
    """Owns as many ports as are free, until stopped.

    Args:
        names: of ports, the only ones to be owned; None for all.
    """

    def __init__(self, runtime: Runtime, registry: Registry, names: frozenset[str] | None = None) -> None:
        self.holder = process_name()
        self._runtime = runtime
        self._registry = registry
        self._names = names
        self._owners: dict[int, PortOwner] = {}
        self._held_until: dict[int, float] = {}
        self._renew_at: dict[int, float] = {}
        self._again_at: dict[int, float] = {}
        self._going: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Own in a thread of its own, until `stop`."""
        self._thread = threading.Thread(target=self.run, name="owners", daemon=True)
        self._thread.start()

    def run(self, beat: Callable[[], None] = lambda: None) -> None:
        """Own in this thread; `beat` is called with each look."""
        while not self._stopping.is_set():
            try:
                beat()
                self._look()
            except SQLAlchemyError as error:
                log.warning("database unreachable", error=type(error).__name__)
            self._give_up_overdue()
            self._stopping.wait(min(LOOK_S, self._runtime.config.lease_s / 5))
        for port_id in list(self._owners):
            self._let_go(port_id)
        for thread in self._going:
            thread.join()

    def request_stop(self) -> None:
        """Ask `run` to end."""
        self._stopping.set()

    def stop(self) -> None:
        """End, and wait until every port was given back."""
        self.request_stop()
        if self._thread is not None:
            self._thread.join()

    def _look(self) -> None:
        with self._runtime.transaction(read_only=True) as session:
            rules = PaceRules.of(session)
            kinds = [kind.name for kind in PORT_KINDS.values() if kind.owned]
            rows = session.scalars(select(Port).where(Port.kind.in_(kinds)).order_by(Port.id))
            found = {row.id: PortSettings.of(row, rules) for row in rows if self._names is None or row.name in self._names}
        for port_id in self._owners.keys() - found.keys():
            self._let_go(port_id)
        for port_id, settings in found.items():
            if time.monotonic() >= self._again_at.get(port_id, 0.0) and self._hold(port_id):
                self._own(port_id, settings)

    def _hold(self, port_id: int) -> bool:
        """Take or keep the lease of a port."""
        now = time.monotonic()
        if port_id in self._owners and now < self._renew_at.get(port_id, 0.0):
            return True
        lease_s = self._runtime.config.lease_s
        with self._runtime.transaction() as session:
            at, in_doubt = self._runtime.now(), self._runtime.in_doubt
            held = leases.take_lease(session, lease_name(port_id), self.holder, now=at, lease_s=lease_s, in_doubt=in_doubt) is not None
        if held:
            self._held_until[port_id], self._renew_at[port_id] = now + lease_s, now + lease_s / 3
        elif port_id in self._owners:
            log.error("another process owns the port now", port=self._owners[port_id].settings.name)
            self._let_go(port_id)
        return held

    def _own(self, port_id: int, settings: PortSettings) -> None:
        owner = self._owners.get(port_id)
        try:
            if owner is None:
                owner = PortOwner(self._runtime, self._registry.tasks, settings, self.holder)
                owner.start()
                self._owners[port_id] = owner
            else:
                owner.refresh(settings)
        except HuabaoError as error:
            self._again_at[port_id] = time.monotonic() + AGAIN_S
            self._raise(MISCONFIGURED, settings.name, f"port {settings.name} cannot be bound: {error}")
            if port_id not in self._owners:
                self._drop(port_id)  # another host may have what is missing here
        else:
            self._watch(owner)

    def _watch(self, owner: PortOwner) -> None:
        """Raise the alarm of a port whose binds have not stood for long, and close those that are over."""
        name, down_s = owner.settings.name, time.monotonic() - owner.down_since
        with self._runtime.transaction(read_only=True) as session:
            is_down = down_s > LINK_DOWN_S.get(session)
            wanted = select(alarms.Alarm.kind).where(alarms.Alarm.kind.in_((MISCONFIGURED, DOWN)), alarms.Alarm.key == name, alarms.Alarm.closed_at.is_(None))
            opened = set(session.scalars(wanted))
        if is_down and DOWN not in opened:
            self._raise(DOWN, name, f"no bind of port {name} has stood for {down_s:.0f} s; nothing is sent and nothing comes in. `huabao port test {name}` says more")
        for kind in opened - ({DOWN} if is_down else set()):
            with self._runtime.transaction() as session:
                alarms.close_alarm(session, kind, name, at=self._runtime.now())

    def _raise(self, kind: str, name: str, what: str) -> None:
        with self._runtime.transaction() as session:
            alarms.raise_alarm(session, kind, name, what, at=self._runtime.now())

    def _give_up_overdue(self) -> None:
        """Give up what could not be renewed in time: the next one may bind from now on."""
        for port_id in [one for one in self._owners if self._held_until[one] <= time.monotonic()]:
            log.error("the lease of the port could not be renewed", port=self._owners[port_id].settings.name)
            self._let_go(port_id)

    def _let_go(self, port_id: int) -> None:
        """Stop owning a port, beside all others; its lease is given back when its binds are gone."""
        owner = self._owners.pop(port_id)
        self._going = [thread for thread in self._going if thread.is_alive()]
        thread = threading.Thread(target=self._end, args=(owner,), name=f"let-go-{port_id}", daemon=True)
        self._going.append(thread)
        thread.start()

    def _end(self, owner: PortOwner) -> None:
        owner.stop()
        try:
            self._drop(owner.settings.port_id)
        except SQLAlchemyError as error:
            log.warning("lease not given back, it ends by itself", error=type(error).__name__)

    def _drop(self, port_id: int) -> None:
        with self._runtime.transaction() as session:
            leases.drop_lease(session, lease_name(port_id), self.holder, now=self._runtime.now())


def check_names(runtime: Runtime, names: frozenset[str]) -> None:
    """Raises UsageError where one of `names` is no port that has an owner."""
    with runtime.transaction(read_only=True) as session:
        known = {row.name for row in session.scalars(select(Port)) if PORT_KINDS[row.kind].owned}
    unknown = sorted(names - known)
    if unknown:
        raise UsageError(f"there is no smpp port {unknown[0]!r}; there are {', '.join(sorted(known)) or 'none yet'}")

