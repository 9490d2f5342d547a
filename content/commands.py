"""Commands of this package."""

from __future__ import annotations

import click

from content import checking_commands, preview_commands, proof_commands, review_commands
from content.desk_commands import desk, leaders, words
from content.edition_commands import edition
from content.publication_commands import publication

COMMANDS: tuple[click.Command, ...] = (publication, edition, desk, words, leaders)
"""The other modules add theirs to `edition`."""

__all__ = ["COMMANDS", "checking_commands", "preview_commands", "proof_commands", "review_commands"]
