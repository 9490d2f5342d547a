"""The commands of this package, for console's table."""

from __future__ import annotations

import click

from subscribers.handset_commands import handsets
from subscribers.list_commands import blacklist
from subscribers.offer_commands import offers
from subscribers.reader_commands import subscribers, subscriptions
from subscribers.segment_commands import segment

COMMANDS: tuple[click.Command, ...] = (subscribers, subscriptions, blacklist, handsets, segment, offers)
