"""Code tables: what is built in, what a file may say, and how a changed one takes hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.dialects import dialect
from delivery.dialects.files import BUILT_IN, LOOK_S, Dialects
from delivery.dialects.reading import read_dialect
from delivery.dialects.tables import CAUSES, MEMO_MAX, TABLES, Dialect
from delivery.models import Outcome
from huabao.errors import UsageError

NAMES = sorted(path.stem for path in BUILT_IN.glob("*.toml"))


def no_parent(name: str) -> Dialect:
    raise AssertionError(name)


def read(text: str) -> Dialect:
    return read_dialect(text, "own.toml", lambda name: dialect(name), name="own")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def own(folder: Path, name: str, text: str, *, at_ns: int) -> None:
    path = folder / f"{name}.toml"
    path.write_text(text)
    os.utime(path, ns=(at_ns, at_ns))


# --- what is built in ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_speaks_both_languages_and_has_a_cause(name: str) -> None:
    found = dialect(name)
    assert found.version >= "2026"
    entries = list(found.entries())
    assert len(entries) > 20
    for table, one in entries:
        assert one.documented and one.en and one.zh and one.cause in CAUSES, one.code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in one.zh), one.code
        assert (one.verdict is not None) == (TABLES[table] == "verdict"), one.code
        assert not (one.outcome is Outcome.RETRIEVED and (one.retry or one.cause != "none")), one.code


@pytest.mark.parametrize("name", ["3gpp", "cmcc", "unicom"])
@pytest.mark.parametrize(("code", "verdict"), [(1000, "accepted"), (1001, "partial"), (1100, "partial"), (2002, "refused"), (3501, "refused"), (4005, "refused")])
def test_what_an_mmsc_answers(name: str, code: int, verdict: str) -> None:
    assert dialect(name).status_code(code).verdict == verdict


def test_retryable_codes_are_these_and_no_others() -> None:
    codes = [one for table, one in dialect("3gpp").entries() if table == "status_code"]
    assert {one.code for one in codes if one.verdict == "deferred"} == {one.code for one in codes if one.retry} == {"3000", "4006"}


@pytest.mark.parametrize(("code", "like"), [(1999, 1000), (2999, 2000), (3600, 3000), (4999, 4000), (0, 3000), (9000, 3000), (99999, 3000), (500, 3000)])
def test_an_unknown_status_code_takes_its_class(code: int, like: int) -> None:
    found, stand_in = dialect().status_code(code), dialect().status_code(like)
    assert (found.code, found.name, found.verdict) == (str(code), stand_in.name, stand_in.verdict)
    assert not found.documented


@given(st.integers(0, 10**9))
def test_every_status_code_has_a_meaning(code: int) -> None:
    found = dialect().status_code(code)
    assert found.code == str(code)
    assert found.verdict and found.en and found.zh
    assert found.documented is (str(code) in dialect().tables["status_code"])


@given(st.text(max_size=30))
def test_every_report_has_a_meaning_and_an_unknown_one_is_never_guessed(status: str) -> None:
    for found in (dialect("cmcc").mm_status(status), dialect("smpp").receipt(status)):
        assert found.en
        assert found.documented or found.outcome is Outcome.UNKNOWN


def test_chinas_four_digits_refine_the_cause_by_class() -> None:
    cmcc = dialect("cmcc")
    found = {code: getattr(cmcc.mm_status_code(code), "cause", None) for code in ("4446", "2100", " 6670 ", "1000", "12", "abcd", "44460", "")}
    assert found == {"4446": "handset", "2100": "reader", " 6670 ": "operator", "1000": "none", "12": None, "abcd": None, "44460": None, "": None}
    assert dialect("3gpp").mm_status_code("4446") is None


def test_support_reads_the_finer_cause_and_the_outcome_stays() -> None:
    cmcc = dialect("cmcc")
    finer = cmcc.report("Rejected", "6670")
    assert (finer.outcome, finer.cause, finer.en) == (Outcome.REJECTED, "operator", cmcc.tables["mm_status_code"]["6xxx"].en)
    assert cmcc.report("Expired", "1000") == cmcc.report("Expired") == cmcc.mm_status("Expired"), "a code without a cause says nothing more"
    assert dialect("3gpp").report("Expired", "4446") == dialect("3gpp").mm_status("Expired")


def test_an_smscs_codes() -> None:
    smpp = dialect("smpp")
    assert [(one := smpp.command_status(number)).name or one.code for number in (0, 0x58, 0x14)] == ["ESME_ROK", "ESME_RTHROTTLED", "ESME_RMSGQFUL"]
    assert [smpp.command_status(number).verdict for number in (0, 0x58, 0x14, 0x0B)] == ["accepted", "deferred", "deferred", "refused"]
    assert not smpp.command_status(0x0400).documented
    assert [smpp.receipt(stat).outcome for stat in ("DELIVRD", "undeliv", "ENROUTE", "XXX")] == [Outcome.RETRIEVED, Outcome.FAILED, None, Outcome.UNKNOWN]
    full = dialect("cmcc").receipt("MI:0208")
    assert (full.outcome, full.cause, full.retry) == (Outcome.FAILED, "handset", True)


def test_a_receipts_error_gives_cause_and_advice() -> None:
    tables = read('name = "own"\nversion = "1"\nextends = "smpp"\n[receipt_err]\n"024" = { cause = "handset", en = "It is off.", zh = "关机。", retry = true }\n')
    found = tables.receipt("UNDELIV", "024")
    assert (found.outcome, found.cause, found.en.endswith("It is off.")) == (Outcome.FAILED, "handset", True)
    assert tables.receipt("UNDELIV", "999").cause == "network"


def test_a_peer_that_invents_codes_fills_no_memory() -> None:
    tables = read('name = "own"\nversion = "1"\nextends = "3gpp"\n')
    for number in range(MEMO_MAX + 10):
        tables.mm_status(f"invented {number}")
    assert len(tables._memo) <= MEMO_MAX


# --- what a file may say ---------------------------------------------------------------------------------------------

HEAD = 'name = "own"\nversion = "1"\n'
GOOD = '{ outcome = "failed", cause = "handset", en = "a", zh = "甲" }'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "own.toml: is no TOML"),
        ('version = "1"\n', "own.toml: name: is missing"),
        ('name = "own"\n', "own.toml: version: is missing"),
        ('name = "other"\nversion = "1"\n', "own.toml:1: name: is 'other', but the file is called own.toml"),
        (HEAD + "[mm_stati]\n", "own.toml:3: mm_stati: there is no such table; there are mm_status, "),
        (HEAD + f"[mm_status]\nA = {GOOD}\nB = 3\n", "own.toml:5: mm_status.B: is { outcome"),
        (HEAD + f"[mm_status]\nA = {GOOD}\nB = {GOOD.replace('failed', 'lost')}\n", "own.toml:5: mm_status.B: outcome is one of interim, retrieved, "),
        (HEAD + f"[mm_status]\nB = {GOOD.replace('handset', 'telephone')}\n", "own.toml:4: mm_status.B: cause is one of none, "),
        (HEAD + f"[mm_status]\n\"B B\" = {GOOD.replace('cause', 'reason')}\n", "own.toml:4: mm_status.B B: there is no 'reason'; there are name, outcome"),
        (HEAD + '[mm_status]\nB = { outcome = "failed", cause = "ours", en = "a" }\n', "own.toml:4: mm_status.B: a support agent needs a sentence in each language"),
        (HEAD + '[mm_status]\nB = { outcome = "failed", cause = "ours", en = "a", zh = "甲", retry = "yes" }\n', "own.toml:4: mm_status.B: retry is true or false"),
        (HEAD + '[status_code]\n3000 = { verdict = "deferred", cause = "ours", en = "a", zh = "甲" }\n', "own.toml:3: status_code: 2000 is missing"),
        (HEAD + 'extends = "3gpp"\n[status_code]\n30000 = { verdict = "deferred", cause = "ours", en = "a", zh = "甲" }\n', "own.toml:5: status_code.30000: an MM7 StatusCode has four digits"),
        (HEAD + '[command_status]\nX = { verdict = "deferred", cause = "ours", en = "a", zh = "甲" }\n', "own.toml:4: command_status.X: number is the value on the wire"),
        (HEAD + "extends = 3\n", "own.toml:3: extends: is the name of a dialect"),
        (HEAD + 'extends = "klingon"\n', "there is no dialect 'klingon'; there are 3gpp, cmcc"),
        ("mm_status = 3\n" + HEAD, "own.toml:1: mm_status: is a table"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert says in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_a_dialect_or_refused(text: str) -> None:
    try:
        read_dialect(text, "own.toml", no_parent)
    except UsageError:
        pass


@given(st.dictionaries(st.sampled_from([*TABLES, "name", "version", "extends", "x"]), st.recursive(st.none() | st.integers() | st.booleans(), lambda inner: st.lists(inner)), max_size=4))
def test_any_document_is_a_dialect_or_refused(document: dict[str, object]) -> None:
    text = "".join(f"{key} = {str(value).lower().replace('none', '1979-05-27')}\n" for key, value in document.items())
    try:
        read_dialect(text, "own.toml", no_parent)
    except UsageError:
        pass


# --- the operator's own files ----------------------------------------------------------------------------------------

ADDED = 'name = "cmcc"\nversion = "2026-11-23"\nextends = "cmcc"\n[mm_status]\nTeleported = { outcome = "failed", cause = "network", en = "Gone.", zh = "消失。" }\n'


def test_a_file_of_ones_own_takes_hold_within_seconds_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    clock = Clock()
    known = Dialects(tmp_path, clock)
    assert not known.get("cmcc").mm_status("Teleported").documented
    own(tmp_path, "cmcc", ADDED, at_ns=10**18)
    assert not known.get("cmcc").mm_status("Teleported").documented, "nobody looked yet"
    clock.now += LOOK_S
    assert known.get("cmcc").mm_status("Teleported").outcome is Outcome.FAILED
    assert known.get("cmcc").mm_status("Expired").outcome is Outcome.EXPIRED, "what it adds to is still there"
    assert known.get("cmcc").source[-1] == str(tmp_path / "cmcc.toml")
    own(tmp_path, "cmcc", ADDED.replace("failed", "lost"), at_ns=2 * 10**18)
    clock.now += LOOK_S
    assert known.get("cmcc").mm_status("Teleported").outcome is Outcome.FAILED, "what was in force stays"
    assert "outcome is one of" in known.faults()["cmcc"]
    (tmp_path / "cmcc.toml").unlink()
    clock.now += LOOK_S
    assert not known.get("cmcc").mm_status("Teleported").documented
    assert known.faults() == {}


def test_what_others_extend_is_extended_with_ones_own_entries(tmp_path: Path) -> None:
    own(tmp_path, "3gpp", ADDED.replace("cmcc", "3gpp"), at_ns=10**18)
    assert Dialects(tmp_path).get("unicom").mm_status("Teleported").outcome is Outcome.FAILED


def test_a_broken_file_from_the_start_leaves_the_built_in_one(tmp_path: Path) -> None:
    own(tmp_path, "cmcc", "no toml", at_ns=10**18)
    assert Dialects(tmp_path).get("cmcc").version == dialect("cmcc").version


def test_a_new_dialect_and_none_of_that_name(tmp_path: Path) -> None:
    own(tmp_path, "telecom", ADDED.replace('"cmcc"', '"telecom"', 1), at_ns=10**18)
    known = Dialects(tmp_path)
    assert known.names() == sorted([*NAMES, "telecom"])
    assert known.get("telecom").mm_status("Teleported").documented
    for name in ("nobody", "../telecom", ""):
        with pytest.raises(UsageError, match="there is no dialect"):
            known.get(name)


def test_dialects_in_a_circle_are_refused(tmp_path: Path) -> None:
    own(tmp_path, "one", 'name = "one"\nversion = "1"\nextends = "two"\n', at_ns=10**18)
    own(tmp_path, "two", 'name = "two"\nversion = "1"\nextends = "one"\n', at_ns=10**18)
    with pytest.raises(UsageError, match="circle"):
        Dialects(tmp_path).get("one")
