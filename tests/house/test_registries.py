"""What is registered is worked, guarded, documented and tested."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from console import registry, rights
from console.cli import main
from console.web import PAGES
from delivery.ports import PORT_KINDS
from huabao.queues import QUEUES
from subscribers.segments.registry import FIELDS
from tests.house import settings_page
from tests.house.tree import ROOT, tracked
from tests.services.compose import compose_config

NAME = re.compile(r"[a-z]+(\.[a-z_0-9]+)+")


# --- queues and tasks ------------------------------------------------------------------------------------------------


def test_every_task_goes_to_a_queue_that_exists() -> None:
    tasks = registry.registry().tasks
    assert tasks
    assert {task.queue for task in tasks.values()} <= set(QUEUES)


def test_every_queue_has_a_worker() -> None:
    by_default = next(option for option in registry.command("worker").params if option.name == "names").default
    assert set(str(by_default).split(",")) == set(QUEUES)
    command = compose_config()["services"]["worker"]["command"]
    assert set(command[command.index("--queues") + 1].split(",")) == set(QUEUES)


def test_names_of_tasks_and_periodics_are_single_and_speak() -> None:
    found = registry.registry()
    listed = [task.name for name in registry.TASK_MODULES for task in __import__(name, fromlist=["TASKS"]).TASKS]
    assert sorted(listed) == sorted(found.tasks), "two tasks of one name"
    periodic = [one.name for one in found.periodics]
    assert len(periodic) == len(set(periodic))
    assert [name for name in (*listed, *periodic) if not NAME.fullmatch(name)] == []


def test_every_enqueued_argument_is_taken() -> None:
    for task in registry.registry().tasks.values():
        first = next(iter(inspect.signature(task.run).parameters), None)
        assert first == "runtime", f"{task.name} is called with the runtime first"


# --- routes ----------------------------------------------------------------------------------------------------------


def test_every_route_has_a_role_and_every_page_a_route() -> None:
    assert {one.name for one in rights.RIGHTS} == set(PAGES)
    for one in rights.RIGHTS:
        assert one.roles is rights.PUBLIC or (one.roles and one.roles <= set(rights.ROLES)), one.name


# --- settings --------------------------------------------------------------------------------------------------------


def test_every_setting_has_a_line_of_documentation() -> None:
    written = (ROOT / settings_page.PAGE).read_text()
    assert written == settings_page.render(), "run: python -m tests.house.settings_page"


def test_settings_say_what_they_mean() -> None:
    found = registry.settings()
    assert len({one.name for one in found}) == len(found)
    for one in found:
        assert len(one.meaning) > 15, f"{one.name} is explained by {one.meaning!r}"
        assert one.parse(str(one.default)) == one.default, f"the default of {one.name} is out of its own bounds"


# --- registries ------------------------------------------------------------------------------------------------------


def _tests_text() -> str:
    return "\n".join((ROOT / path).read_text() for path in tracked() if path.parts[0] == "tests" and path.suffix == ".py" and "house" not in path.parts)


@pytest.mark.parametrize("kind", sorted(PORT_KINDS))
def test_every_port_kind_has_a_folder_and_tests(kind: str) -> None:
    assert (ROOT / "delivery" / "ports" / kind).is_dir()
    assert f"delivery.ports.{kind}" in _tests_text()


@pytest.mark.parametrize("name", [field.name for field in FIELDS])
def test_every_segment_field_is_tested(name: str) -> None:
    assert f'"{name}' in _tests_text()


def test_segment_fields_are_documented() -> None:
    assert len({field.name for field in FIELDS}) == len(FIELDS)
    assert [field.name for field in FIELDS if len(field.meaning) < 10 or not field.ops] == []


# --- commands --------------------------------------------------------------------------------------------------------


def _leaves(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        return [leaf for name, one in sorted(command.commands.items()) for leaf in _leaves(one, (*path, name))]
    return [(path, command)]


ROOTS = {str(one.name): one for one in registry.commands()}
LEAVES = [leaf for name, one in sorted(ROOTS.items()) for leaf in _leaves(one, (name,))]


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=[" ".join(path) for path, _ in LEAVES])
def test_every_command_explains_itself(path: tuple[str, ...], command: click.Command) -> None:
    said = CliRunner().invoke(main, [*path, "--help"])
    assert said.exit_code == 0
    assert command.help, f"huabao {' '.join(path)} has no sentence"
    if path[0] != "sandbox":  # a simulator is a peer's process, not an act of ours
        flags = {flag for option in command.params for flag in option.opts}
        assert {"--json", "--as"} <= flags


LOOKS_ONLY = {
    "dispatch plan", "dispatch status", "dispatch list", "dispatch brake list", "port list", "port show", "port test", "seeds list",
    "user list", "user bootstrap", "api-token list", "publication list",
}  # fmt: skip


def test_every_command_that_reaches_readers_asks_who_acts() -> None:
    leaves = {" ".join(path) for path, _ in LEAVES}
    touching = {one for one in leaves if one.split()[0] in ("dispatch", "port", "seeds", "resend", "user", "api-token", "publication")} - LOOKS_ONLY
    assert {one for one in rights.COMMANDS if " --" not in one} <= leaves, "a right of a command that does not exist"
    assert touching <= set(rights.COMMANDS)
    assert all(roles and roles <= set(rights.ROLES) for roles in rights.COMMANDS.values())


def test_every_group_explains_itself() -> None:
    assert [name for name, command in ROOTS.items() if not command.help] == []


def test_the_table_of_commands_names_what_the_modules_offer() -> None:
    offered = {module: {one.name for one in __import__(module, fromlist=["COMMANDS"]).COMMANDS} for module in registry.COMMAND_MODULES}
    assert {module: set(names) for module, names in registry.COMMAND_MODULES.items()} == offered


def test_help_loads_nothing_heavy() -> None:
    """`huabao --help` answers at once: the picture, XML and HTTP libraries are loaded by the commands that want them."""
    import subprocess
    import sys

    script = "import sys, console.cli; print(','.join(sorted({'PIL', 'lxml', 'aiohttp', 'numpy', 'weasyprint', 'celery', 'starlette', 'uvicorn'} & set(sys.modules))))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_commands_of_the_surface_exist(tmp_path: Path) -> None:
    surface = (ROOT / "tests" / "house" / "surface.txt").read_text().splitlines()
    known = {" ".join(path) for path, _ in LEAVES}
    assert [line for line in surface if line and not line.startswith("#") and line not in known] == []
