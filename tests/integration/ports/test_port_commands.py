"""`huabao port …` as an operator types it."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.ports.services import add_port, list_ports
from huabao.errors import UsageError
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.integration.ports.peers import Connection, Request, fault, peer


def test_add_set_and_list(cli: CLI) -> None:
    added = cli("port", "add", "main", "--kind", "mm7", "--url", "http://127.0.0.1:9/mm7", "--rate", "1000", "--vasp-id", "801234", "--namespace", "REL-6-MM7-1-4", "--json").json
    assert (added["burst"], added["group_size"]) == (30, 30)
    assert added["options"]["namespace"].endswith("/REL-6-MM7-1-4")
    changed = cli("port", "set", "main", "--rate", "100", "--recipient-field", "bcc", "--json").json
    assert (changed["rate"], changed["burst"], changed["options"]["recipient_field"]) == (100, 3, "bcc")
    assert changed["options"]["vasp_id"] == "801234"
    assert cli("port", "set", "main", "--vasp-id", "", "--counts", "submits", "--json").json["group_size"] == 100
    assert cli("port", "set", "main", "--state", "paused", "--reason", "maintenance", "--json").json["state"] == "paused"
    [listed] = cli("port", "list", "--json").json
    assert "vasp_id" not in listed["options"]
    assert "main" in cli("port", "list").out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"url": "http://m/", "rate": 0.0}, "--rate"),
        ({"url": "http://m/"}, "--rate"),
        ({"url": "mmsc:8080", "rate": 10.0}, "--url"),
        ({"url": "http://u:p@m/", "rate": 10.0}, "credentials"),
        ({"url": "http://m/", "rate": 10.0, "burst": 9}, "half of the rate"),
        ({"url": "http://m/", "rate": 10.0, "auth": "basic", "user": "u"}, "password-env"),
        ({"url": "http://m/", "rate": 10.0, "connections": 0}, "--connections"),
    ],
)
def test_what_cannot_work_is_refused(sqlite_runtime: Runtime, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message), sqlite_runtime.transaction() as session:
        add_port(session, "p", "mm7", given, by="ops", now=sqlite_runtime.now())
    with sqlite_runtime.transaction(read_only=True) as session:
        assert list_ports(session) == []


def test_a_user_with_a_password_means_basic(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        port = add_port(session, "p", "mm7", {"url": "http://m/", "rate": 10.0, "user": "u", "password_env": "V"}, by="ops", now=sqlite_runtime.now())
        assert port.options["auth"] == "basic"


def test_a_name_is_taken_once(cli: CLI) -> None:
    cli("port", "add", "p", "--url", "http://m/", "--rate", "10")
    assert "already" in cli("port", "add", "p", "--url", "http://m/", "--rate", "10", code=2).err
    assert "there are p" in cli("port", "set", "q", "--rate", "1", code=2).err


def test_port_test_asks_the_peer(cli: CLI) -> None:
    def manners(connection: Connection, _request: Request) -> bool:
        connection.answer(fault(2002, "Address error"))
        return True

    with peer(manners) as server:
        cli("port", "add", "p", "--url", server.url, "--rate", "10")
        assert cli("port", "test", "p", "--json").json["reachable"] is True
    said = cli("port", "test", "p", "--json", code=1).json
    assert said["reachable"] is False
    assert "cannot be reached" in said["text"]


def test_as_a_process(cli: CLI) -> None:
    cli("port", "add", "p", "--url", "http://m/", "--rate", "10")
    said = cli.process("port", "set", "q", "--rate", "1", code=2)
    assert (said.out, said.err.count("\n"), "there are p" in said.err) == ("", 1, True)
