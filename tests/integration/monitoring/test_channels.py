"""Mail through a real SMTP server, webhooks to a real web server, texts into the port's own lane: each once, together, and over again when it is over."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, update

from console import registry
from delivery.models import Port, ReaderReply
from huabao import alarms
from huabao.errors import UsageError
from huabao.settings import set_value
from monitoring import recipients
from monitoring.alarms import handling
from monitoring.channels import webhook
from monitoring.channels.sending import deliver
from monitoring.models import AlarmNotice
from monitoring.settings import SETTINGS
from reconciliation.codecs.boss import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from tests.integration.monitoring.conftest import Hook, House, Mailbox, configured

CRITICAL, WARNING = "port.unreachable", "feed.missing"


def _tell(house: House, name: str, channel: str, address: str, *, severity: str = "warning", on_duty: bool = False, language: str = "en") -> None:
    with house.runtime.transaction() as session:
        recipients.add(session, name, channel, address, severity=severity, on_duty=on_duty, language=language, by="test", now=house.now)


def _raise(house: House, kind: str, key: str = "p1") -> int:
    with house.runtime.transaction() as session:
        return alarms.raise_alarm(session, kind, key, f"{key} is seen", at=house.now).id


def _close(house: House, kind: str, key: str = "p1") -> None:
    with house.runtime.transaction() as session:
        alarms.close_alarm(session, kind, key, at=house.now)


def _set(house: House, name: str, value: str) -> None:
    with house.runtime.transaction() as session:
        set_value(session, SETTINGS, name, value, by="test", at=house.now)


def _states(house: House) -> list[str]:
    with house.runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(AlarmNotice.state).order_by(AlarmNotice.id)))


def test_a_mail_once_and_one_when_it_is_over(house: House, mailbox: Mailbox) -> None:
    _tell(house, "wang", "email", "wang@house.example")
    alarm_id = _raise(house, CRITICAL)
    assert [deliver(house.runtime), deliver(house.runtime)] == [1, 0]
    mail = mailbox.mails[0]
    assert mail["subject"] == "[critical] Port's breaker is open (p1): open"
    text = mail.get_content()
    assert "p1 is seen" in text and f"https://console.example/alarms/{alarm_id}" in text and "Next: It is tried again" in text
    _raise(house, CRITICAL)
    assert deliver(house.runtime) == 0, "seen again is no news"
    _close(house, CRITICAL)
    house.after(minutes=2)
    assert deliver(house.runtime) == 1
    assert mailbox.mails[1]["subject"].endswith("(p1): closed")
    assert mailbox.mails[0]["message-id"] != mailbox.mails[1]["message-id"]


def test_what_was_seen_is_told_in_the_recipient_s_language(house: House, mailbox: Mailbox) -> None:
    registry.registry()  # the console is there
    for name, language in (("wang", "zh"), ("li", "en")):
        _tell(house, name, "email", f"{name}@house.example", language=language)
    with house.runtime.transaction() as session:
        alarms.raise_alarm(session, "delivery.gate", "1", "dispatch 7 is held: 3 of 8 seeds retrieved; too few in 100kb. Release it, stop the handset class, or wait for the reports", at=house.runtime.now())
    house.after(minutes=2)
    deliver(house.runtime)
    bodies = {str(one["to"]): one.get_content() for one in mailbox.mails}
    assert "下发 7 已扣住：8 个种子中 3 个已接收" in bodies["wang@house.example"]
    assert "is held" not in bodies["wang@house.example"]
    assert "dispatch 7 is held: 3 of 8 seeds retrieved" in bodies["li@house.example"]


def test_a_storm_is_one_message_a_minute(house: House, mailbox: Mailbox) -> None:
    _tell(house, "wang", "email", "wang@house.example", language="zh")
    _raise(house, CRITICAL, "p0")
    deliver(house.runtime)
    for number in range(1, 40):
        _raise(house, CRITICAL, f"p{number}")
        house.after(seconds=1)
        if number % 10 == 0:
            assert deliver(house.runtime) == 0
    house.after(seconds=60)
    deliver(house.runtime)
    assert len(mailbox.mails) == 2
    assert mailbox.mails[1]["subject"] == "【画报】39 条告警，其中严重 39 条：端口熔断（p1）等"
    assert "还有 9 条。" in mailbox.mails[1].get_content()
    assert set(_states(house)) == {"sent"} and len(_states(house)) == 40


def test_what_the_server_refuses_is_tried_again_under_the_same_id(house: House, mailbox: Mailbox) -> None:
    mailbox.refusals += ["451 later", "451 later"]
    _tell(house, "wang", "email", "wang@house.example")
    _raise(house, CRITICAL)
    sent = 0
    for _ in range(8):
        sent += deliver(house.runtime)
        house.after(seconds=31)
    assert (sent, len(mailbox.mails), _states(house)) == (1, 1, ["sent"])


def test_a_server_that_is_away_is_given_up_with_an_alarm(house: House) -> None:
    configured(house, smtp_url=SecretStr("smtp://127.0.0.1:9"))
    _set(house, "alarm_attempts_max", "2")
    _tell(house, "wang", "email", "wang@house.example")
    _raise(house, CRITICAL)
    deliver(house.runtime)
    house.after(minutes=5)
    deliver(house.runtime)
    assert _states(house)[0] == "failed"
    with house.runtime.transaction(read_only=True) as session:
        assert alarms.find_open(session, "alarms.channel", "email:wang") is not None


def test_a_sender_that_died_sends_again(house: House, mailbox: Mailbox) -> None:
    _tell(house, "wang", "email", "wang@house.example")
    _raise(house, CRITICAL)
    deliver(house.runtime)
    with house.runtime.transaction() as session:
        session.execute(update(AlarmNotice).values(state="leaving", sent_at=None, left_at=house.now))
    assert deliver(house.runtime) == 0
    house.after(minutes=4)
    assert deliver(house.runtime) == 1
    assert mailbox.mails[0]["message-id"] == mailbox.mails[1]["message-id"]


def test_quiet_hours_bind_only_what_can_wait(house: House, mailbox: Mailbox) -> None:
    house.after(hours=11)  # 23:00
    _tell(house, "wang", "email", "wang@house.example")
    _raise(house, WARNING, "boss")
    _raise(house, WARNING, "misc")
    assert deliver(house.runtime) == 0
    _close(house, WARNING, "misc")
    _raise(house, CRITICAL)
    assert deliver(house.runtime) == 1
    assert "(p1)" in mailbox.mails[0]["subject"]
    house.after(hours=7, minutes=1)  # 06:01
    assert deliver(house.runtime) == 1
    assert mailbox.mails[1]["subject"] == "[warning] Check file is missing (boss): open"
    assert _states(house).count("dropped") == 1, "what was over before anybody was told is not told"


def test_duty_severity_and_silence_say_who_hears(house: House, mailbox: Mailbox) -> None:
    _tell(house, "li", "email", "li@house.example", on_duty=True)
    _tell(house, "chef", "email", "chef@house.example", severity="critical")
    _raise(house, WARNING, "boss")
    assert deliver(house.runtime) == 0, "nobody is on duty, and it is not critical"
    with house.runtime.transaction() as session:
        recipients.add_shift(session, "li", house.now, house.now + timedelta(hours=8), "", by="test", now=house.now)
    _raise(house, WARNING, "misc")
    silenced = _raise(house, CRITICAL, "p2")
    with house.runtime.transaction() as session:
        handling.silence(session, silenced, 3600, "known", by="wang", now=house.now)
    deliver(house.runtime)
    assert [(one["to"], one["subject"]) for one in mailbox.mails] == [("li@house.example", "[warning] Check file is missing (misc): open")]
    house.after(minutes=5)
    _raise(house, CRITICAL)
    deliver(house.runtime)
    assert sorted(one["to"] for one in mailbox.mails[1:]) == ["chef@house.example", "li@house.example"]


def test_nobody_on_duty_hears_of_what_is_critical_all_the_same(house: House, mailbox: Mailbox) -> None:
    _tell(house, "li", "email", "li@house.example", on_duty=True)
    _raise(house, CRITICAL)
    assert deliver(house.runtime) == 1
    assert len(mailbox.mails) == 1


# --- webhooks --------------------------------------------------------------------------------------------------------


def test_a_webhook_is_signed_and_tried_again(house: House, hook: Hook) -> None:
    configured(house, webhook_secret=SecretStr("s3cret"))
    _set(house, "alarm_webhook_hosts", hook.url.removeprefix("http://"))
    _tell(house, "pager", "webhook", f"{hook.url}/in/token")
    hook.answers += [503, 200]
    _raise(house, CRITICAL)
    assert deliver(house.runtime) == 0
    house.after(seconds=31)
    assert deliver(house.runtime) == 1
    (_, headers, body), (_, again, same) = hook.calls
    assert headers[SIGNATURE_HEADER.lower()] == sign(b"s3cret", int(headers[TIMESTAMP_HEADER.lower()]), body)
    assert headers["x-huabao-delivery"] == again["x-huabao-delivery"] and body == same
    told = json.loads(body)["alarms"]
    assert [(one["kind"], one["event"], one["severity"]) for one in told] == [(CRITICAL, "opened", "critical")]


def test_a_redirect_is_not_followed(house: House, hook: Hook) -> None:
    hook.answers.append(302)
    with pytest.raises(webhook.WebhookError, match="answers 302"):
        webhook.post(f"{hook.url}/x", b"{}", secret=b"s", timestamp=1, delivery="d")
    assert len(hook.calls) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x", "https://evil.example/", "https://hooks.example.com:8443/", "https://user:x@hooks.example.com/", "file:///etc/passwd",
        "https://hooks.example.com.evil.example/", "https://hooks.example.com\\@evil.example/", "gopher://hooks.example.com/", "https:///x", "//hooks.example.com/",
    ],
)  # fmt: skip
def test_only_allowed_hosts_are_called(url: str) -> None:
    assert webhook.check_url("https://hooks.example.com/a/b?c=d", "hooks.example.com, other:8443")
    with pytest.raises(UsageError):
        webhook.check_url(url, "hooks.example.com, other:8443")


def test_an_allowed_name_that_leads_to_the_cloud_s_own_address_is_refused() -> None:
    with pytest.raises(webhook.WebhookError, match="cannot be reached"):
        webhook.post("http://169.254.169.254/latest/meta-data", b"{}", secret=b"s", timestamp=1, delivery="d")


# --- texts -----------------------------------------------------------------------------------------------------------


def test_a_text_goes_once_into_the_lane_of_a_port_that_sends_texts(house: House) -> None:
    with house.runtime.transaction() as session:
        session.execute(
            insert(Port).values(id=7, name="sms", kind="smpp", url="smpp://127.0.0.1:1", rate=10, burst=1, options={}, service_codes=[], contract={}, created_at=house.now)
        )
    _tell(house, "wang", "sms", "+86 13800138000", severity="critical", language="zh")
    _raise(house, CRITICAL)
    _raise(house, WARNING, "boss")
    assert deliver(house.runtime) == 1
    with house.runtime.transaction() as session:
        sent = session.scalars(select(ReaderReply)).one()
        assert (sent.port_id, sent.number, sent.state) == (7, "13800138000", "waiting")
        assert sent.text.startswith("【严重】端口熔断（p1）发生。") and len(sent.text) <= 130
        assert [recipients.shown(one) for one in recipients.listed(session)] == ["138****8000"]
        session.execute(update(AlarmNotice).values(state="waiting", sent_at=None))
    house.after(minutes=5)
    deliver(house.runtime)
    with house.runtime.transaction(read_only=True) as session:
        assert len(session.scalars(select(ReaderReply)).all()) == 1
