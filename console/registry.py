"""What this installation can do: the commands, tasks, periodic work and settings of every package.

A package adds to its own tuples; a package that is new adds one line here.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import click

from huabao.queues import Companion, Periodic, Registry, Task
from huabao.settings import Setting
from huabao.working import SWEEP

COMMAND_MODULES = {
    "subscribers.commands": ("subscribers", "subscriptions", "blacklist", "handsets", "segment", "offers"),
    "content.commands": ("publication", "edition", "desk", "words", "leaders"),
    "content.design_commands": ("design",),
    "content.feed_commands": ("feed",),
    "content.weather_commands": ("weather",),
    "delivery.quiz_commands": ("quiz",),
    "delivery.serial_commands": ("serial",),
    "delivery.commands": ("capacity", "dialects", "port", "dispatch", "resend", "ledger", "seeds"),
    "reconciliation.commands": ("outbox", "misc", "journal"),
    "reconciliation.reconcile_commands": ("reconcile",),
    "reconciliation.recovery_commands": ("recovery",),
    "care.commands": ("care",),
    "care.report_commands": ("report",),
    "sandbox.commands": ("sandbox",),
    "console.user_commands": ("user",),
    "console.api_commands": ("api-token",),
    "console.demo_commands": ("demo",),
    "console.commands": ("db", "doctor", "config", "settings"),
    "monitoring.commands": ("alarms", "duty"),
    "console.process_commands": ("serve", "worker", "scheduler", "link", "health"),
}
"""Which module has which commands; named here so that one command imports one module."""

SUBCOMMAND_MODULES = {
    "edition": ("content.feed_commands", "content.dawn_commands", "content.draft_commands", "delivery.correction_commands", "delivery.schedule_commands", "delivery.try_commands"),
    "dispatch": ("delivery.correction_commands",),
    "dialects": ("reconciliation.misc_commands",),
    "subscribers": ("reconciliation.subscriber_commands",),
    "subscriptions": ("reconciliation.subscriber_commands",),
}
"""Modules that add commands to a group of another, each as `SUBCOMMANDS`: pairs of the group's name and the command."""

TASK_MODULES = ("subscribers.tasks", "content.tasks", "delivery.tasks", "reconciliation.tasks", "monitoring.tasks", "care.tasks", "console.rehearsal.tasks")
SETTING_MODULES = (
    "huabao.alarms", "huabao.working", "subscribers.settings", "content.settings", "content.feeds.settings", "content.almanac.settings", "content.workflow.settings",
    "content.wap.settings", "delivery.settings", "reconciliation.settings", "monitoring.settings", "care.settings",
    "console.settings",
)  # fmt: skip
MODEL_MODULES = (
    "huabao.alarms", "huabao.audit", "huabao.leases", "huabao.queues", "huabao.settings",
    "subscribers.models", "subscribers.offers.models", "subscribers.orders.models", "content.models", "content.quiz.models", "content.feeds.models",
    "content.almanac.models", "content.workflow.models", "content.drafts.models", "content.works.models", "content.wap.models", "delivery.models",
    "reconciliation.charges.models", "reconciliation.journal.models", "reconciliation.peers.models", "reconciliation.ordering.asked", "reconciliation.ordering.models",
    "reconciliation.outbox.models", "reconciliation.stop_send.models", "reconciliation.feeds.models", "reconciliation.runs.models", "monitoring.models", "monitoring.readership",
    "monitoring.cities", "monitoring.tallies", "care.models", "care.overview.models", "console.models",
)  # fmt: skip


def commands() -> Iterator[click.Command]:
    """Every command and group of the command line."""
    for names in COMMAND_MODULES.values():
        yield from (command(name) for name in names)


def command(name: str) -> click.Command:
    """The command called `name`.

    Raises:
        KeyError: there is none.
    """
    module = {one: module for module, names in COMMAND_MODULES.items() for one in names}[name]
    commands: tuple[click.Command, ...] = import_module(module).COMMANDS
    found = next(one for one in commands if one.name == name)
    for more in SUBCOMMAND_MODULES.get(name, ()):
        assert isinstance(found, click.Group), "only a group has subcommands"
        for group, subcommand in import_module(more).SUBCOMMANDS:
            if group == name:
                found.add_command(subcommand)
    return found


def registry() -> Registry:
    """Every task by name, the periodic work, and what runs beside an embedded worker."""
    tasks: dict[str, Task] = {}
    periodics: list[Periodic] = [SWEEP]
    companions: list[Companion] = []
    for name in TASK_MODULES:
        module = import_module(name)
        tasks.update({task.name: task for task in module.TASKS})
        periodics.extend(module.PERIODIC)
        companions.extend(getattr(module, "COMPANIONS", ()))
    import_module("monitoring.channels.wording").SPEAKER.say = _say
    return Registry(tasks, tuple(periodics), tuple(companions))


def _say(sentence: str, language: str) -> str:
    """What the system wrote, in a recipient's language."""
    from console.wording import said

    return said(sentence, language)


def settings() -> tuple[Setting[Any], ...]:
    """Every setting, by name."""
    found = [setting for name in SETTING_MODULES for setting in import_module(name).SETTINGS]
    return tuple(sorted(found, key=lambda setting: setting.name))


def import_models() -> None:
    """Import every table, so that the metadata is whole."""
    for name in MODEL_MODULES:
        import_module(name)
