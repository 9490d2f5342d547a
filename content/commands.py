"""Commands of this package."""

from __future__ import annotations

import click

from content import checking_commands, review_commands
from content.desk_commands import desk, leaders, words
from content.edition_commands import edition
from content.publication_commands import publication

COMMANDS: tuple[click.Command, ...] = (publication, edition, desk, words, leaders)
"""`review_commands` and `checking_commands` add theirs to `edition`."""

__all__ = ["COMMANDS", "checking_commands", "review_commands"]
