"""Invented readers of the demonstration: the same ones for the same number and seed."""

from __future__ import annotations

import csv
import random
from pathlib import Path

CITIES = ("合肥", "芜湖", "蚌埠", "淮南", "马鞍山", "安庆", "黄山", "阜阳")
HANDSETS = (
    ("100kb-240x320", 30),
    ("300kb-320x480", 24),
    ("50kb-176x220", 16),
    ("30kb-128x160", 12),
    ("600kb-480x800", 14),
    ("no-mms", 2),
    ("", 2),
)
DRIVES = ("emotion", "entertainment", "content")
TOPICS = ("news", "sports", "comics", "food", "travel", "science")
STATES = (("active", 96), ("paused", 2), ("cancelled", 2))
EFFECTIVE_AT = "2026-01-01T00:00:00+08:00"


def write_readers(folder: Path, count: int, services: tuple[str, ...], *, seed: int = 1) -> tuple[Path, Path]:
    """Write `subscribers.csv` and `subscriptions.csv` for `count` readers; their paths.

    Everybody subscribes to the first service, a good half to each of the others.
    """
    draw = random.Random(seed)  # invented people, no secret
    subscribers, subscriptions = folder / "subscribers.csv", folder / "subscriptions.csv"
    with subscribers.open("w", encoding="utf-8", newline="") as people, subscriptions.open("w", encoding="utf-8", newline="") as orders:
        person, order = csv.writer(people), csv.writer(orders)
        person.writerow(["msisdn", "city", "handset", "drive", "topics", "attribute_class", "consent"])
        order.writerow(["msisdn", "service_id", "state", "effective_at"])
        for at in range(count):
            msisdn = f"1380{at:07d}"
            topics = ";".join(draw.sample(TOPICS, draw.randint(0, 3)))
            consent = "yes" if draw.random() < 0.8 else ""
            person.writerow([msisdn, draw.choice(CITIES), _weighted(draw, HANDSETS), draw.choice(DRIVES), topics, draw.choice("ABCDEF"), consent])
            for rank, service in enumerate(services):
                if rank == 0 or draw.random() < 0.55:
                    order.writerow([msisdn, service, _weighted(draw, STATES), EFFECTIVE_AT])
    return subscribers, subscriptions


def _weighted(draw: random.Random, choices: tuple[tuple[str, int], ...]) -> str:
    return draw.choices([name for name, _ in choices], [weight for _, weight in choices])[0]
