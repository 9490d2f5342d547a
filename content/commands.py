"""Commands of this package."""

from __future__ import annotations

import click

from content.edition_commands import edition
from content.publication_commands import publication

COMMANDS: tuple[click.Command, ...] = (publication, edition)
