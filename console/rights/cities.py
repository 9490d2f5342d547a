"""What an account, or a token, of one city gets of each page and of each operation of `/api/v1`: one way each, with its reason.

- cut: it shows, counts and does what is of readers of that city, and nothing else;
- whole: it is the same for everybody, since it holds nothing of a reader nor a count of readers;
- shut: it is refused.

What stands in no table here is shut, and `tests/house/test_cities.py` refuses the route until its author has said which way it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

CUT, WHOLE, SHUT = "cut", "whole", "shut"
KINDS = (CUT, WHOLE, SHUT)


@dataclass(frozen=True)
class Way:
    """One of `KINDS`, and why."""

    kind: str
    why: str

    @property
    def is_open(self) -> bool:
        """Whether an account of one city may go it."""
        return self.kind != SHUT


_UNSTATED = Way(SHUT, "nobody has said what it shows of a city")


def _ways(*groups: tuple[str, str, str]) -> Mapping[str, Way]:
    found: dict[str, Way] = {}
    for kind, why, names in groups:
        for name in names.split():
            if name in found:
                raise ValueError(f"{name} is said to go two ways")
            found[name] = Way(kind, why)
    return MappingProxyType(found)


PAGES = _ways(
    (WHOLE, "of the person himself", "sign_out_act me me_password_act me_sessions_act me_code_act me_code_picture me_code_confirm_act me_recovery_act me_code_off_act"),
    (CUT, "texts of the paper; counts of readers are left out, or those of his city", "edition review editions_countdown edition_countdown"),
    (WHOLE, "pictures and texts of the paper", "slide slide_n editions edition_work comment_act resolve_act answers"),
    (
        WHOLE,
        "an edition is written by all; a city's desk saves its own sections alone",
        "write draft draft_act draft_lock_act draft_keep_act draft_steps draft_restore_act draft_hits look_act look_slide picture_act cut_act picture picture_size panels",
    ),
    (WHOLE, "an edition to a phone of the house", "try_sheet try_act"),
    (CUT, "each part by the way of its own page; the palette finds his city's readers", "events palette_act"),
    (CUT, "by readers' city", "readers readers_act many many_act many_file_act many_numbers_act many_sheet_act many_do_act segments segment_count_act"),
    (CUT, "a reader of another city is not there", "reader number_act resend resend_act reach reach_act let_go let_go_act complain complain_act end_order end_order_act"),
    (CUT, "a reader of another city is not there", "never never_act followed_act"),
    (CUT, "of his city's readers", "complaints complaints_file settle_complaint settle_complaint_act refund refund_act refunds refund_decide refund_decide_act"),
    (CUT, "of his city's readers", "recovery stopped stopped_file stopped_numbers_act dispatch_readers dispatch_readers_file dispatch_excluded dispatch_excluded_file"),
    (CUT, "figures and lists of his city's readers; lateness, which no city has by itself, is left out", "overview overview_chart"),
    (CUT, "of his city's readers", "overview_moves overview_moves_file overview_marks overview_marks_file"),
    (CUT, "differences of his city's readers", "reconcile differences differences_file differences_numbers_act hand_over hand_over_act own_act"),
    (WHOLE, "the sentence that was announced to every desk", "incident"),
    (CUT, "what was counted of his city's readers (`monitoring.cities`)", "today today_live dispatch dispatch_live dispatch_chart"),
    (CUT, "his city's version", "reports report_day report_day_file report_months report_month report_month_file report_edition report_edition_file"),
    (CUT, "those of dispatches to his city and of what serves every city, without their words and figures", "alarms alarms_live alarm alarm_live"),
    (SHUT, "what every peer said in words of its own, of all cities; a dispatch's page has his city's codes", "codes"),
    (
        SHUT,
        "an edition goes to all cities: who lets it out answers for all",
        "edition_new edition_new_act edition_file ruling_act tick_act proof_act submit submit_act approve approve_act",
    ),
    (SHUT, "an edition goes to all cities: who lets it out answers for all", "reapprove reapprove_act reject reject_act preflight preflight_act schedule plan_act schedule_act"),
    (SHUT, "an edition goes to all cities: who lets it out answers for all", "correct correct_count_act correct_act kill kill_act"),
    (SHUT, "an edition goes to all cities: who lets it out answers for all", "rehearsal rehearsal_act arrived_slide segment_act"),
    (SHUT, "a filter finds readers of all cities; one by one it is open", "edition_resend edition_resend_count_act edition_resend_act"),
    (SHUT, "a dispatch goes to all cities: who steers it answers for all", "block block_act brake brake_act reroute reroute_act dispatch_rate dispatch_rate_act steer steer_act"),
    (SHUT, "a list holds refunds of all cities", "refund_hand refund_hand_act refund_list_act"),
    (SHUT, "a run compares and stops readers of all cities", "reconcile_file reconcile_run settle settle_act stop_run stop_run_act"),
    (SHUT, "a port serves all cities", "ports ports_live port port_live port_chart port_sheet port_act capacity capacity_chart"),
    (SHUT, "a peer serves all cities, and so do the requests to it", "requests request_sheet request_act"),
    (SHUT, "an alarm is the whole house's to deal with", "alarm_sheet alarm_act alarm_chart"),
    (SHUT, "phones of the house, and a dispatch to all cities that waits for them", "seeds seeds_live seeds_act"),
    (SHUT, "who has the watch over all, and what he notes", "duty duty_live shift_act shift_end_act note_act note_take_act"),
    (SHUT, "one wording for all cities", "answer answer_act"),
    (SHUT, "the house's accounts, tokens and settings", "accounts accounts_act account account_act account_grants_act account_password_act account_sessions_act account_state_act"),
    (SHUT, "the house's accounts, tokens and settings", "tokens tokens_act token_revoke_act api_reference settings setting setting_act"),
    (SHUT, "what everybody did, in all cities", "audit audit_file"),
)
"""By the name of the route in `console.rights`; those of `PUBLIC` know no city."""

OPERATIONS = _ways(
    (
        CUT,
        "a reader of another city is not there",
        "findReader showReader reachReader releaseReader endOrder enterComplaint resend showResend lookAtReaders readerCharges askRefund refuseReader listUnarrived followResend",
    ),
    (
        CUT,
        "of his city's readers",
        "listComplaints answerComplaint complaintMonth listRefunds actOnRefund listDifferences ownDifferences listStopped showOverview listOverviewReaders",
    ),
    (WHOLE, "texts for all", "listAnswers"),
    (
        WHOLE,
        "an edition is written by all; a city's desk saves its own sections alone",
        "beginEdition showDraft saveDraft lockDraft keepDraft restoreDraft listDraftHits addPicture cutPicture",
    ),
    (SHUT, "a filter finds readers of all cities; one by one it is open", "resendMany"),
    (SHUT, "an edition to any phone, as a resend to any number", "tryEdition"),
    (CUT, "what was counted of his city's readers (`monitoring.cities`)", "listDispatches showDispatch"),
    (CUT, "his city's version", "reportDay reportMonth reportEdition"),
    (CUT, "those of dispatches to his city and of what serves every city, without their words and figures", "listAlarms showAlarm"),
    (SHUT, "an alarm is the whole house's to deal with", "actOnAlarm"),
    (SHUT, "a peer serves all cities, and so do the requests to it", "listRequests actOnRequests"),
    (SHUT, "a port serves all cities", "listPorts actOnPort askPort forecastLoad"),
    (SHUT, "a list holds refunds of all cities", "handRefunds"),
    (SHUT, "one wording for all cities", "changeAnswer"),
    (SHUT, "phones of the house, and a dispatch to all cities that waits for them", "listSeeds actOnSeeds"),
    (
        SHUT,
        "an edition goes to all cities: who lets it out answers for all",
        "submitEdition preflightEdition planEdition rehearseEdition approveEdition reapproveEdition returnEdition",
    ),
    (SHUT, "an edition goes to all cities: who lets it out answers for all", "scheduleEdition correctEdition killEdition showWork ruleOnHit tickPoint proofEdition"),
    (SHUT, "what was reviewed of an edition for all", "showReview commentEdition resolveComment"),
    (SHUT, "it keeps what the desk counts, over all cities", "countSegment"),
    (SHUT, "a dispatch goes to all cities: who steers it answers for all", "steerDispatch changeDispatchRate actOnClass listBrakes actOnBrake"),
    (SHUT, "a run compares and stops readers of all cities", "listRuns settleRun listStopRuns actOnStopRun"),
    (SHUT, "two readers may be of two cities", "joinReaders"),
    (SHUT, "who has the watch over all, and what he notes", "showDuty addShift endShift writeNote takeNote"),
    (SHUT, "the house's accounts, tokens and settings", "listRecipients addRecipient removeRecipient listAccounts addAccount showAccount changeAccount actOnAccount changeGrant"),
    (SHUT, "the house's accounts, tokens and settings", "listTokens addToken revokeToken listSettings changeSetting"),
    (SHUT, "what everybody did, in all cities", "listAudit"),
)
"""By operationId."""


def page_way(name: str) -> Way:
    """The way of a route."""
    return PAGES.get(name, _UNSTATED)


def operation_way(name: str) -> Way:
    """The way of an operation."""
    return OPERATIONS.get(name, _UNSTATED)


def unstated(known: Mapping[str, Way], names: Iterable[str]) -> list[str]:
    """Names of which nobody said which way they are."""
    return [name for name in names if name not in known]
