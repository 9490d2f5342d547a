"""The frame of every command: `--json`, `--as`, exit codes, one clear line for an error.

A command is a plain function decorated with `operation`; it is handed an
`Invocation` and returns a `Report`. The command line is one of the three edges
where exceptions are caught.
"""

from __future__ import annotations

import functools
import getpass
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy.exc import OperationalError, ProgrammingError

from huabao import log as logs
from huabao.db import database_name
from huabao.embedded import work_until
from huabao.errors import HuabaoError
from huabao.queues import Registry
from huabao.runtime import Runtime, get_runtime

DONE, PROBLEM, WRONG_USE = 0, 1, 2

NO_REASON = "no reason was given on the command line"
"""What is kept where a command wants a reason, none was given, and nobody sits at a terminal to be asked."""


def _anybody(_runtime: Runtime, name: str, _command: str, *, named: bool) -> str:
    del named
    return name


@dataclass(frozen=True)
class Installation:
    """What the commands are a part of; console makes the one there is.

    Attributes:
        load_registry: gives its tasks and periodic work.
        load_forgetters: gives who is told when a person is forgotten: called as forget(session, msisdn), each answers rows by table.
        act_as: called as act_as(runtime, name, command, named=…), where `named` says that `--as` was given; answers the name that is
            kept, and raises UsageError where that person may not.
        role_of: called as role_of(runtime, name); the role of that account, empty for a system account.
        city_of: called likewise; the city on whose sections alone that account works, empty for all.
        phone_of: called likewise; that account's own phone, empty for none.
    """

    load_registry: Callable[[], Registry] = Registry
    load_forgetters: Callable[[], Sequence[Callable[..., Mapping[str, int]]]] = tuple
    act_as: Callable[..., str] = _anybody
    role_of: Callable[[Runtime, str], str] = lambda _runtime, _name: ""
    city_of: Callable[[Runtime, str], str] = lambda _runtime, _name: ""
    phone_of: Callable[[Runtime, str], str] = lambda _runtime, _name: ""


@dataclass(frozen=True)
class Report:
    """What a command found.

    Attributes:
        data: what `--json` prints, one document.
        lines: what a person reads.
        rows, columns: a table for a person, below the lines.
        problem: exit 1: done, but rows were rejected, a gate holds, a count is off.
    """

    data: Any
    lines: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    columns: Sequence[str] = ()
    problem: bool = False


@dataclass(frozen=True)
class Invocation:
    """One call of a command.

    Attributes:
        runtime: database and clock.
        actor: who acts, as the audit trail keeps it.
        as_json: standard output is for one JSON document.
        installation: what the command is a part of.
        check: raises UsageError where the actor may not do the act of that name, for a command that does several.
    """

    runtime: Runtime
    actor: str
    as_json: bool
    installation: Installation = field(default_factory=Installation)
    check: Callable[[str], object] = lambda _act: None
    console: Console = field(default_factory=lambda: Console(stderr=True))

    @property
    def registry(self) -> Registry:
        """The tasks and periodic work of this installation; their modules are imported by the first who asks."""
        return self.installation.load_registry()

    @property
    def forgetters(self) -> Sequence[Callable[..., Mapping[str, int]]]:
        """Who keeps numbers beside the readers."""
        return self.installation.load_forgetters()

    @property
    def role(self) -> str:
        """Of the account that acts; empty for a system account."""
        return self.installation.role_of(self.runtime, self.actor)

    @property
    def city(self) -> str:
        """On whose sections alone the account that acts works; empty for all."""
        return self.installation.city_of(self.runtime, self.actor)

    @property
    def phone(self) -> str:
        """Of the account that acts, 11 digits; empty for none."""
        return self.installation.phone_of(self.runtime, self.actor)

    def why(self, given: str) -> str:
        """The reason of an act that wants one: as it was given, else as a person at the terminal says it, else that there was none."""
        reason = given.strip()
        while not reason and not self.as_json and sys.stdin.isatty():
            reason = str(click.prompt("Why", err=True)).strip()
        return reason or NO_REASON

    def say(self, line: str) -> None:
        """One line of progress on standard error."""
        self.console.print(line, markup=False, highlight=False)

    def work_until(self, done: Callable[[], bool]) -> None:
        """Embedded: work the job table in this process until `done()`; otherwise wait for it.

        While another process (`huabao serve`) holds the worker's lease, this one only waits.
        """
        work_until(self.runtime, self.registry, done)

    @contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar on a terminal, a plain line now and then elsewhere; yields advance(to)."""
        if self.console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            with Progress(*columns, console=self.console) as bar:
                task = bar.add_task(what, total=total)
                yield lambda done: bar.update(task, completed=done)
            return
        shown = [-1]

        def tell(done: int) -> None:
            if not done and not total:
                return
            tenth = done * 10 // total if total else done // 10_000
            if tenth > shown[0]:
                shown[0] = tenth
                self.say(f"{what}: {done:,}" + (f" of {total:,}" if total else ""))

        yield tell


def operation(function: Callable[..., Report]) -> Callable[..., None]:
    """Make `function(invocation, **arguments) -> Report` a command's callback.

    Adds `--json` and `--as`; exits 0, 1 (problem) or 2 (wrong use, bad input).
    """

    @click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
    @click.option("--as", "actor", metavar="USER", default=None, help="Who acts: an account with the right to (default: the system account).")
    @functools.wraps(function)
    def call(*, as_json: bool, actor: str | None, **arguments: Any) -> None:
        sys.exit(_run(function, as_json, actor, arguments))

    return call


def _run(function: Callable[..., Report], as_json: bool, given: str | None, arguments: dict[str, Any]) -> int:
    logs.configure()
    try:
        runtime = get_runtime()
        logs.configure(runtime.config.log_level)
        report = function(_invocation(runtime, given, as_json), **arguments)
    except HuabaoError as error:
        click.echo(f"huabao: {error}", err=True)
        return WRONG_USE
    except BrokenPipeError:
        return DONE
    except click.Abort:
        click.echo("huabao: stopped; nothing was answered", err=True)
        return WRONG_USE
    except (OperationalError, ProgrammingError) as error:
        click.echo(f"huabao: {_database_fault(error, database_name(get_runtime().engine))}", err=True)
        return WRONG_USE
    except Exception as error:  # the command-line edge
        logs.get_logger("cli").error("command failed", exc_info=error)
        click.echo(f"huabao: unexpected: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''} (`huabao doctor` may know more)", err=True)
        return WRONG_USE
    _print(report, as_json)
    return PROBLEM if report.problem else DONE


def _invocation(runtime: Runtime, given: str | None, as_json: bool) -> Invocation:
    """The call, once it is known that whoever acts may."""
    context = click.get_current_context()
    installation: Installation = context.find_root().obj or Installation()
    check = functools.partial(installation.act_as, runtime, given or getpass.getuser(), named=given is not None)
    return Invocation(runtime, check(_name_of(context)), as_json, installation, check)


def _name_of(context: click.Context) -> str:
    """The command as it is typed after `huabao`: `dispatch brake release`."""
    names: list[str] = []
    while context.parent is not None:
        names.insert(0, context.info_name or "")
        context = context.parent
    return " ".join(names)


def _database_fault(error: OperationalError | ProgrammingError, name: str) -> str:
    text = str(error.orig).strip().splitlines()[0]
    if "no such table" in text or "does not exist" in text or "no such column" in text:
        return f"the database {name} has not this release's schema ({text}); run `huabao db upgrade`, or correct HUABAO_DATABASE_URL"
    return f"the database {name} did not do it: {text}; `huabao doctor` looks for the cause"


def _print(report: Report, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.data, ensure_ascii=False, default=_plain))
        return
    for line in report.lines:
        click.echo(line)
    if report.columns:
        click.echo(table_text(report.columns, report.rows), nl=False)


def table_text(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain table for people; what is too long for its column goes on below, nothing is left out."""
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console = Console(width=160, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def _plain(value: object) -> object:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value)
