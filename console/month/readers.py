"""Readers of the invented province: imported from files as any others, their prices told by BOSS."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from console.month.house import House
from console.month.staff import HOUSE
from huabao.clock import SHANGHAI
from huabao.errors import HuabaoError
from sandbox.demo.month.papers import EVENING, MORNING
from sandbox.demo.readers import CITIES, DRIVES, TOPICS
from subscribers.imports import import_readers, import_subscriptions

PRICES: Final = {MORNING: 300, EVENING: 200}
"""Fen a month."""

CLASSES: Final = (("100kb-240x320", 32), ("300kb-320x480", 30), ("50kb-176x220", 22), ("600kb-480x800", 16))
PREFIX: Final = "139"
EVENING_SHARE: Final = 0.45


@dataclass
class Readers:
    """Who there is; numbers are given out in order.

    Attributes:
        services: what each number reads.
        classes: of the handset of each.
    """

    folder: Path
    seed: int
    services: dict[str, list[str]] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    last: int = 0

    def new_number(self) -> str:
        """A number that nobody has."""
        self.last += 1
        return f"{PREFIX}{self.last:08d}"

    def settle_in(self, house: House, count: int, since: datetime) -> None:
        """Import so many readers who have been there since then."""
        draw = random.Random(f"{self.seed} readers")
        people, orders = self.folder / "month-readers.csv", self.folder / "month-orders.csv"
        with people.open("w", encoding="utf-8", newline="") as first, orders.open("w", encoding="utf-8", newline="") as second:
            person, order = csv.writer(first), csv.writer(second)
            person.writerow(["msisdn", "city", "handset", "drive", "topics", "attribute_class", "consent"])
            order.writerow(["msisdn", "service_id", "state", "effective_at"])
            for _ in range(count):
                number = self.new_number()
                topics = ";".join(draw.sample(TOPICS, draw.randint(0, 2)))
                handset = draw.choices([name for name, _ in CLASSES], [weight for _, weight in CLASSES])[0]
                person.writerow([number, draw.choice(CITIES), handset, draw.choice(DRIVES), topics, draw.choice("ABCDEF"), "yes"])
                self.classes[number] = handset
                self.services[number] = [MORNING, *([EVENING] if draw.random() < EVENING_SHARE else [])]
                for service in self.services[number]:
                    order.writerow([number, service, "active", since.astimezone(SHANGHAI).isoformat()])
        for outcome in (import_readers(house.runtime, people, by=HOUSE), import_subscriptions(house.runtime, orders, by=HOUSE)):
            if outcome.rejected:
                raise HuabaoError(f"{outcome.rejected} rows of the invented readers were rejected")
