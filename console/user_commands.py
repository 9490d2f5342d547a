"""Commands of this package."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
