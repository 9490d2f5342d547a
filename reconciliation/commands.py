"""Commands of this package."""

from __future__ import annotations

import click

from reconciliation.journal_commands import journal
from reconciliation.misc_commands import misc
from reconciliation.outbox_commands import outbox

COMMANDS: tuple[click.Command, ...] = (outbox, misc, journal)
