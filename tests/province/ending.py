"""How every fault ended, and which other orders the sides still hold otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from reconciliation.journal.models import ExchangeMessage
from reconciliation.runs.models import ReconcileDifference
from subscribers.orders.as_of import Stated, state_at
from tests.province.faults import EXPLAINED, LISTED, MONTHLY, REAL_TIME, REPAIRED, UNHARMED, Fault
from tests.province.world import BOSS, MISC, PEERS, Key

if TYPE_CHECKING:
    from tests.province.days import Province


@dataclass
class End:
    """A province after its last day."""

    province: Province
    platform: Mapping[Key, Stated] = field(default_factory=dict)
    asked: set[Key] = field(default_factory=set)
    known: set[Key] = field(default_factory=set)

    def look(self) -> None:
        """Write down how each fault ended, and what is unequal without one."""
        province, c, e = self.province, ReconcileDifference, ExchangeMessage
        with province.runtime.transaction(read_only=True, still=True) as session:
            self.platform = {(one.msisdn, one.service_id): one for one in state_at(session, province.now) if one.state != "cancelled"}
            rows = session.execute(select(c.msisdn, c.service_id, c.action, c.closed_at)).all()
            odd = session.execute(select(e.transaction_id, e.verdict).where(e.verdict.in_(("repeated", "late", "quarantined", "malformed"))))
            verdicts = {row.transaction_id: row.verdict for row in odd}
        self.known = {(row.msisdn, row.service_id) for row in rows}
        self.asked = {(row.msisdn, row.service_id) for row in rows if row.closed_at is None and row.action == "ask"}
        for fault in province.faults:
            self._ended(fault, verdicts)
        world = province.world
        keys = {*world.orders, *world.sides[BOSS], *world.sides[MISC], *self.platform}
        spared = {key for key, fault in province.of_key.items() if fault.loop != MONTHLY}
        province.unequal = [key for key in sorted(keys - spared) if not self._equal(key)]

    def _ended(self, fault: Fault, verdicts: Mapping[str, str]) -> None:
        told = next((verdicts[one] for one in fault.transactions if one in verdicts), None)
        if told is not None:
            fault.found, fault.found_day = dict.fromkeys(fault.keys, told), fault.day
        if fault.loop == MONTHLY:
            fault.ended = LISTED if fault.found else "open"
            return
        equal = all(self._equal(key) for key in fault.keys)
        listed = told == "quarantined" or any(key in self.asked for key in fault.keys) or any(name == "effective" for name in fault.found.values())
        good = UNHARMED if fault.loop == REAL_TIME else REPAIRED
        if fault.found and equal and not self.known & set(fault.keys):
            good = EXPLAINED if fault.loop != REAL_TIME else UNHARMED  # nobody was ever asked to do anything about it
        fault.ended = LISTED if listed else good if equal else "open"

    def _equal(self, key: Key) -> bool:
        world = self.province.world
        sides = [(world.sides[peer].get(key), world.should(peer, key)) for peer in PEERS]
        if any((is_so and (is_so.state, is_so.payer)) != (should and (should.state, should.payer)) for is_so, should in sides):
            return False
        should, platform = world.row(key), self.platform.get(key)
        return (should and (should.state, should.payer)) == (platform and (platform.state, platform.fee_msisdn))
