"""Every act of a page is an operation of `/api/v1` too, or says why it is none."""

from __future__ import annotations

from console import rights
from console.api.operations import OPERATIONS

OWN = "a person's own sign-in, password, second factor or wish; a token has none"
READERS = "a reader's own page; it carries a sealed token of its own"
LOOK = "a look at a draft, kept by the process that drew it; over the API an edition is rehearsed, or tried on a handset"

SAME: dict[str, tuple[str, ...] | str] = {
    "wap_act": READERS,
    **dict.fromkeys(("sign_in_act", "sign_in_code_act", "sign_out_act", "preference_act", "palette_act"), OWN),
    **dict.fromkeys(("me_password_act", "me_sessions_act", "me_code_act", "me_code_confirm_act", "me_recovery_act", "me_code_off_act"), OWN),
    "look_act": LOOK,
    "edition_new_act": ("beginEdition",),
    "draft_act": ("saveDraft",),
    "draft_lock_act": ("lockDraft",),
    "draft_keep_act": ("keepDraft",),
    "draft_restore_act": ("restoreDraft",),
    "picture_act": ("addPicture",),
    "cut_act": ("cutPicture",),
    "try_act": ("tryEdition",),
    "comment_act": ("commentEdition",),
    "resolve_act": ("resolveComment",),
    "ruling_act": ("ruleOnHit",),
    "tick_act": ("tickPoint",),
    "proof_act": ("proofEdition",),
    "submit_act": ("submitEdition",),
    "approve_act": ("approveEdition",),
    "reapprove_act": ("reapproveEdition",),
    "reject_act": ("returnEdition",),
    "preflight_act": ("preflightEdition",),
    "plan_act": ("planEdition",),
    "schedule_act": ("scheduleEdition",),
    "edition_resend_count_act": ("resendMany",),
    "edition_resend_act": ("resendMany",),
    "correct_count_act": ("correctEdition",),
    "correct_act": ("correctEdition",),
    "kill_act": ("killEdition",),
    "rehearsal_act": ("rehearseEdition",),
    "segment_count_act": ("countSegment",),
    "segment_act": ("countSegment",),
    "dispatch_rate_act": ("changeDispatchRate",),
    "steer_act": ("steerDispatch",),
    "block_act": ("actOnClass",),
    "reroute_act": ("actOnClass",),
    "brake_act": ("actOnBrake",),
    "request_act": ("actOnRequests",),
    "port_act": ("actOnPort", "askPort"),
    "seeds_act": ("actOnSeeds",),
    "setting_act": ("changeSetting",),
    "alarm_act": ("actOnAlarm",),
    "shift_act": ("addShift",),
    "shift_end_act": ("endShift",),
    "note_act": ("writeNote",),
    "note_take_act": ("takeNote",),
    "readers_act": ("findReader",),
    "number_act": ("showReader",),
    "resend_act": ("resend",),
    "reach_act": ("reachReader",),
    "let_go_act": ("releaseReader",),
    "complain_act": ("enterComplaint",),
    "end_order_act": ("endOrder",),
    "never_act": ("refuseReader",),
    "followed_act": ("followResend",),
    "settle_complaint_act": ("answerComplaint",),
    "many_act": ("lookAtReaders",),
    "many_file_act": ("lookAtReaders",),
    "many_numbers_act": ("lookAtReaders",),
    "many_sheet_act": "the count before the act; over the API each reader is resent or tried by himself",
    "many_do_act": ("resend", "reachReader"),
    "answer_act": ("changeAnswer",),
    "refund_act": ("askRefund",),
    "refund_decide_act": ("actOnRefund",),
    "refund_hand_act": ("handRefunds",),
    "refund_list_act": ("handRefunds",),
    "stopped_numbers_act": ("listStopped",),
    "stop_run_act": ("actOnStopRun",),
    "settle_act": ("settleRun",),
    "differences_numbers_act": ("listDifferences",),
    "hand_over_act": ("ownDifferences",),
    "own_act": ("ownDifferences",),
    "accounts_act": ("addAccount",),
    "account_act": ("changeAccount",),
    "account_grants_act": ("changeGrant",),
    "account_password_act": ("actOnAccount",),
    "account_sessions_act": ("actOnAccount",),
    "account_state_act": ("actOnAccount",),
    "tokens_act": ("addToken",),
    "token_revoke_act": ("revokeToken",),
}
"""Each acting route with the operations that do the same, or why there is none."""


def test_every_act_of_a_page_is_an_operation_or_says_why_not() -> None:
    acting = {one.name for one in rights.RIGHTS if one.method == "POST"}
    assert sorted(acting - set(SAME)) == [], "enter the act in SAME, with its operation of /api/v1 or why it has none"
    assert sorted(set(SAME) - acting) == [], "these acts are gone"
    operations = {one.name for one in OPERATIONS}
    assert [(name, one) for name, same in SAME.items() if not isinstance(same, str) for one in same if one not in operations] == []


def test_operations_are_single() -> None:
    names = [one.name for one in OPERATIONS]
    assert len(names) == len(set(names))
    assert [one.name for one in OPERATIONS if one.method == "POST" and one.body is None and not one.media_types] == []
