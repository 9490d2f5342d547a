"""Commands of this package."""

from __future__ import annotations

import click

from reconciliation.outbox_commands import outbox

COMMANDS: tuple[click.Command, ...] = (outbox,)
