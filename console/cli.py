"""`huabao`: the command line, put together from what the packages offer."""

from __future__ import annotations

import click

from console import registry
from console.acting import act_as, city_of, phone_of, role_of
from console.forgetting import forgetters
from huabao import __version__
from huabao.cli import Installation


class _Commands(click.Group):
    """Imports a command's module when it is asked for, and no other."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(name for names in registry.COMMAND_MODULES.values() for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return registry.command(cmd_name) if cmd_name in self.list_commands(ctx) else None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="huabao")
@click.pass_context
def main(context: click.Context) -> None:
    """Huabao: illustrated papers for mobile readers, from the editor's folder to a balanced ledger."""
    context.obj = Installation(registry.registry, forgetters, act_as, role_of, city_of, phone_of)


if __name__ == "__main__":
    main(prog_name="huabao")
