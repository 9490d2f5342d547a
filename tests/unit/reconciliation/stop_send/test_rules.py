"""The rules without a database: the table of an attempt's life, plans, credits, multiples, the schedule that learns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from delivery.dialects import dialect
from delivery.dialects.tables import STOP_CAUSES
from huabao.errors import StoreError
from reconciliation.stop_send import lifecycle
from reconciliation.stop_send.causes import CAUSES, NAMES, PAPER, RETRIEVED, SIGNS, STEPS, plan
from reconciliation.stop_send.replaying import credit_fen
from reconciliation.stop_send.report import Share, multiple
from reconciliation.stop_send.schedule import arms, choose, open_hours, weighed
from reconciliation.stop_send.streaks import NOT_HIS, cause_of
from tests.benchmark.recovery import fixed, interval, learnt, spread
from tests.command_line import ROOT

VERBS = sorted({verb for verbs in lifecycle.TRANSITIONS.values() for verb in verbs})
SIGNED = (*SIGNS, "schedule", "person")


class AttemptLife(RuleBasedStateMachine):
    """Any verbs in any order: nothing is done twice, only a paper recovers, an end is an end."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.seen = lifecycle.WAITING, [lifecycle.WAITING]

    @rule(verb=st.sampled_from(VERBS))
    def act(self, verb: str) -> None:
        """Try a verb; what the table does not know is refused and changes nothing."""
        known = lifecycle.TRANSITIONS[self.state]
        if verb not in known:
            with pytest.raises(StoreError, match=self.state):
                lifecycle.after(self.state, verb)
            return
        self.state = lifecycle.after(self.state, verb)
        self.seen.append(self.state)

    @invariant()
    def holds(self) -> None:
        """What holds in every state."""
        assert len(self.seen) == len(set(self.seen)), "a step was taken twice"
        steps = [STEPS.index(one) for one in self.seen if one in STEPS]
        assert steps == sorted(steps)
        if lifecycle.RECOVERED in self.seen:
            assert self.seen[-2:] == [PAPER, lifecycle.RECOVERED]
        if self.state in lifecycle.ENDED:
            assert not lifecycle.TRANSITIONS[self.state]


TestAttemptLife = AttemptLife.TestCase
TestAttemptLife.settings = settings(max_examples=25, stateful_step_count=10)


@given(st.sampled_from(CAUSES), st.sampled_from(SIGNED))
def test_every_plan_leads_to_the_paper_over_the_table(cause: str, sign: str) -> None:
    steps, state = plan(cause, sign), lifecycle.WAITING
    assert steps[-1] == PAPER
    for step in steps:
        assert lifecycle.next_step(state, steps) == step
        state = lifecycle.after(state, step)
    assert lifecycle.after(state, "recover") == lifecycle.RECOVERED
    assert (sign != RETRIEVED) or steps == (PAPER,)


def test_codes_name_a_cause_or_none() -> None:
    cmcc = dialect("cmcc")
    assert cause_of(cmcc.receipt("MI:0024")) == "unreachable"
    assert cause_of(cmcc.receipt("MI:0099")) == "memory_full"
    assert cause_of(cmcc.receipt("DB:0103")) == "arrears"
    assert cause_of(cmcc.report("Expired", "4446")) == "unknown", "the class 4xxx says that it expired, not why"
    assert cause_of(cmcc.report("Expired", "5000")) == NOT_HIS, "one MMSC could not hand it to the other"
    assert cause_of(cmcc.receipt("DB:0105")) == NOT_HIS
    assert set(NAMES) == set(CAUSES) == {*STOP_CAUSES, "unknown"}


@given(st.integers(0, 100_000), st.integers(1, 62), st.integers(1, 62))
def test_a_credit_is_a_share_of_the_price_and_never_more(price: int, missed: int, published: int) -> None:
    credit = credit_fen(price, missed, published)
    assert credit is not None
    assert price * min(missed, published) / published <= credit <= price
    assert credit_fen(None, missed, published) is None
    assert credit_fen(price, missed, 0) is None


def test_rates_and_multiples_say_what_they_are_of() -> None:
    assert Share(0, 0).rate is None
    assert Share(10, 3).rate == 0.3
    assert multiple(1200, 100) == (12.0, 11.0)
    assert multiple(5, 0) is None


@given(st.dictionaries(st.integers(9, 20), st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=12))
def test_arms_are_distributions_whatever_was_tried(raw: dict[int, tuple[int, int]]) -> None:
    counts = {hour: (float(max(pair)), float(min(pair))) for hour, pair in raw.items()}
    known = arms(counts, range(9, 21))
    assert all(one.alpha > 0 and one.beta > 0 and 0 < one.mean < 1 for one in known)
    assert choose(known, "7:1") == choose(known, "7:1")


def test_an_old_try_counts_half_after_a_half_life() -> None:
    found = weighed([("unknown", 10, 0.0, 4, 2), ("unknown", 10, 30.0, 4, 4)], 30.0)
    assert found == {"unknown": {10: (6.0, 4.0)}}
    assert open_hours("09:00-12:00") == (9, 10, 11)
    assert len(open_hours("")) == 24


def test_what_was_learnt_brings_more_back_than_any_fixed_hours() -> None:
    """Paired over seeds on a population whose truth is known; not by luck: the interval of the advantage lies above zero."""
    seeds = range(4)
    mine = [learnt(seed, days=60, stops=8) for seed in seeds]
    for other in (fixed, spread):
        advantage = [one - other(seed, days=60, stops=8) for seed, one in zip(seeds, mine, strict=True)]
        mean, low, _ = interval(advantage)
        assert mean > 0.05
        assert low > 0


@pytest.mark.parametrize(
    ("name", "status", "code", "cause"),
    [
        ("3gpp", "Rejected", "", "handset_settings"), ("3gpp", "Unrecognised", "", "no_mms"), ("3gpp", "System Rejected", "", "system"), ("3gpp", "Expired", "", "unknown"),
        ("3gpp", "DeliveryConditionNotMet", "", NOT_HIS), ("cmcc", "Recipient Rejected", "2101", "handset_settings"), ("cmcc", "Expired", "4446", "unknown"),
        ("cmcc", "Expired", "5001", NOT_HIS), ("cmcc", "System Rejected", "6670", "system"),
    ],
)  # fmt: skip
def test_a_fresh_installation_says_what_the_standards_say_of_reports(name: str, status: str, code: str, cause: str) -> None:
    assert cause_of(dialect(name).report(status, code)) == cause


@pytest.mark.parametrize(
    ("name", "stat", "err", "cause"),
    [
        ("smpp", "EXPIRED", "000", "unreachable"), ("smpp", "UNDELIV", "", NOT_HIS), ("smpp", "UNDELIV", "027", NOT_HIS), ("gsm-map", "UNDELIV", "027", "unreachable"),
        ("gsm-map", "UNDELIV", "013", "barred"), ("gsm-map", "UNDELIV", "034", NOT_HIS), ("gsm-map", "UNDELIV", "032", "unknown"), ("cmcc", "MI:0099", "", "memory_full"),
        ("cmcc", "DB:0103", "", "arrears"),
    ],
)  # fmt: skip
def test_and_of_receipts(name: str, stat: str, err: str, cause: str) -> None:
    assert cause_of(dialect(name).receipt(stat, err)) == cause
    assert cause_of(dialect("3gpp").status_code(2003)) == "system"


def test_the_documents_table_is_the_table() -> None:
    """docs/recovery.md shows the life of an attempt as it is."""
    verbs = ("tip", "settings", "probe", "paper", "recover", "fail", "give_up")
    assert set(verbs) == set(VERBS)
    rows = [f"| {state} | " + " | ".join(lifecycle.TRANSITIONS[state].get(verb, "") for verb in verbs) + " |" for state in lifecycle.STATES]
    shown = (ROOT / "docs/recovery.md").read_text("utf-8")
    assert "\n".join(rows) in shown, "\n".join(rows)
