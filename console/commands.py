"""Commands about the installation itself: db, doctor, config, settings."""

from __future__ import annotations

from pathlib import Path

import click

from huabao.cli import Invocation, Report, operation


@click.group("db")
def db() -> None:
    """The schema of the database, a copy of it and back."""


@db.command("upgrade")
@operation
def upgrade(invocation: Invocation) -> Report:
    """Bring the schema of HUABAO_DATABASE_URL to this release."""
    from console import schema

    before = schema.current_revision(invocation.runtime)
    schema.upgrade(invocation.runtime)
    after = schema.current_revision(invocation.runtime)
    return Report({"before": before, "after": after}, [f"schema {after}" + (" (nothing to do)" if before == after else "")])


@db.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@operation
def backup(invocation: Invocation, file: Path) -> Report:
    """A consistent copy of the whole database in FILE."""
    from console import copies

    size = copies.backup(invocation.runtime, file)
    return Report({"file": str(file), "size_bytes": size}, [f"{file}: {size:,} bytes"])


@db.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@operation
def restore(invocation: Invocation, file: Path) -> Report:
    """The database as it was in FILE; what is there now is replaced."""
    from console import copies

    copies.restore(invocation.runtime, file)
    return Report({"file": str(file)}, [f"restored from {file}"])


@click.command("doctor")
@operation
def doctor(invocation: Invocation) -> Report:
    """What is wrong with this installation, and how to mend it."""
    from console.checks import examine

    findings = examine(invocation.runtime)
    rows = [("ok" if one.ok else "WRONG", one.what, one.found, "" if one.ok else one.mend) for one in findings]
    data = [{"ok": one.ok, "what": one.what, "found": one.found, "mend": one.mend} for one in findings]
    return Report(data, rows=rows, columns=("", "what", "found", "what to do"), problem=not all(one.ok for one in findings))


@click.command("config")
@operation
def config(invocation: Invocation) -> Report:
    """Installation settings with where each came from; secrets masked."""
    from console.checks import configuration

    rows = configuration(invocation.runtime.config)
    data = {name: {"value": value, "from": source, "meaning": meaning} for name, value, source, meaning in rows}
    return Report(data, rows=rows, columns=("name", "value", "from", "meaning"))


@click.group("settings")
def settings() -> None:
    """Thresholds, windows and texts that the papers call a setting."""


@settings.command("list")
@operation
def settings_list(invocation: Invocation) -> Report:
    """Every setting with its value, default, unit and meaning."""
    from console import registry

    with invocation.runtime.transaction(read_only=True) as session:
        rows = [(one.name, one.get(session), one.default, one.unit, one.meaning) for one in registry.settings()]
    data = [dict(zip(("name", "value", "default", "unit", "meaning"), row, strict=True)) for row in rows]
    return Report(data, rows=rows, columns=("name", "value", "default", "unit", "meaning"))


@settings.command("set")
@click.argument("name")
@click.argument("value")
@operation
def settings_set(invocation: Invocation, name: str, value: str) -> Report:
    """Give the setting NAME a new value; it holds at once."""
    from console import registry
    from huabao.settings import set_value

    now = invocation.runtime.now()
    with invocation.runtime.transaction() as session:
        stored = set_value(session, registry.settings(), name, value, by=invocation.actor, at=now)
    return Report({"name": name, "value": stored}, [f"{name} = {stored}"])


COMMANDS: tuple[click.Command, ...] = (db, doctor, config, settings)
