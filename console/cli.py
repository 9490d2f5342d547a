"""`huabao`: the command line, put together from what the packages offer."""

from __future__ import annotations

import click

from console.registry import commands, registry
from huabao import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="huabao")
@click.pass_context
def main(context: click.Context) -> None:
    """Huabao: illustrated papers for mobile readers, from the editor's folder to a balanced ledger."""
    context.obj = registry()


for _command in commands():
    main.add_command(_command)


if __name__ == "__main__":
    main(prog_name="huabao")
