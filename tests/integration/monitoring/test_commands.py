"""`huabao alarms` and `huabao duty`: what they say, what they refuse, and that an address is not shown whole."""

from __future__ import annotations

from huabao import alarms
from huabao.runtime import Runtime
from tests.command_line import CLI


def test_an_alarm_on_the_command_line(sqlite_runtime: Runtime, cli: CLI) -> None:
    with sqlite_runtime.transaction() as session:
        one = alarms.raise_alarm(session, "port.unreachable", "p1", "it does not answer", at=sqlite_runtime.now()).id
    assert cli("alarms", "list", "--open", "--json").json[0]["severity"] == "critical"
    cli("alarms", "ack", one)
    assert cli("alarms", "silence", one, "--for", "30m", "--reason", "known", "--json").json["silenced_until"]
    assert cli("alarms", "silence", one, "--for", "0", "--json").json["silenced_until"] is None
    assert cli("alarms", "announce", one, "wait for it", "--json").json["notice"] == "wait for it"
    cli("alarms", "close", one, "--reason", "mended")
    shown = cli("alarms", "show", one, "--json").json
    assert [event["what"] for event in shown["history"]] == ["closed", "announced", "heard", "silenced", "taken", "opened"]
    assert shown["next"].startswith("It is tried again")
    for refused in (("close", one), ("ack", 999), ("silence", one, "--for", "soon"), ("silence", one, "--for", "99d")):
        assert cli("alarms", *refused, code=2).err.count("\n") == 1


def test_recipients_and_shifts_on_the_command_line(cli: CLI) -> None:
    cli("alarms", "tell", "li", "sms", "+8613800138000", "--severity", "critical", "--on-duty")
    cli("alarms", "tell", "li", "email", "li@house.example")
    cli("alarms", "tell", "li", "email", "li@house.example", "--language", "en")
    listed = cli("alarms", "recipients", "--json").json
    assert [(one["address"], one["on_duty"], one["language"]) for one in listed] == [("138****8000", True, "zh"), ("li@house.example", False, "en")]
    for refused in (("email", "no address"), ("email", "Li <li@house.example>"), ("sms", "12345"), ("webhook", "https://hooks.example.com/x")):
        cli("alarms", "tell", "li", *refused, code=2)
    cli("alarms", "untell", listed[0]["id"])
    cli("alarms", "untell", listed[0]["id"], code=2)
    shift = cli("duty", "add", "li", "2099-01-01T22:00", "2099-01-02T06:00", "--json").json["id"]
    assert [one["name"] for one in cli("duty", "list", "--json").json] == ["li"]
    cli("duty", "add", "li", "2099-01-02T06:00", "2099-01-01T22:00", code=2)
    cli("duty", "remove", shift)
    assert cli("duty", "list", "--json").json == []
