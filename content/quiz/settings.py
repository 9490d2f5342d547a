"""Settings of quizzes: what counts, who draws, what readers are told."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

WHICH_COUNTS = Setting("quiz_which_counts", "first", "", "which of a reader's answers counts", choices=("first", "last"))
GRACE_S = Setting("quiz_grace_s", 0.0, "s", "an answer that reaches us so long after the close still counts, for an SMSC that hands texts on late", minimum=0, maximum=86_400)
SETTLE_S = Setting("quiz_settle_s", 300.0, "s", "nobody draws before so long after the close, so that every answer received in time is in the database", minimum=0, maximum=86_400)
BARE_ANSWERS = Setting("quiz_bare_answers", True, "", "a text that is a choice's letter or words and has no keyword counts where one quiz alone is open at the number")
READERS_ONLY = Setting("quiz_readers_only", True, "", "only numbers of readers take part in a draw")
BARRED_BLACKLISTS = Setting("quiz_barred_blacklists", "registration,experience", "", "numbers on these blacklists take part in no draw; by comma")
BARRED_SEGMENT = Setting("quiz_barred_segment", "", "", "readers of this segment (the operator's own people, say) take part in no draw; empty for none")
ANSWERS_MAX = Setting("quiz_answers_max", 20, "answers", "of one number to one quiz; further ones are kept with the other texts and change nothing", minimum=1, maximum=1000)
LATE_DAYS = Setting("quiz_late_days", 30, "days", "for so long after the close a reader who answers is told that it is over", minimum=0, maximum=365)

REPLY_COUNTED = Setting("quiz_reply_counted", "已收到您的答案{choice}，抽奖号{entry}，{closes}截止，祝您好运。", "", "text to a reader whose answer counts; empty for none")
REPLY_AGAIN = Setting("quiz_reply_again", "您已答过本题，以答案{choice}为准，抽奖号{entry}。", "", "text to a reader who had answered before; empty for none")
REPLY_REPLACED = Setting(
    "quiz_reply_replaced", "您的答案已改为{choice}，抽奖号{entry}，{closes}截止。", "", "text to a reader whose new answer takes the place of his old one; empty for none"
)
REPLY_LATE = Setting("quiz_reply_late", "本期问答已于{closes}截止，请留意下期。", "", "text to a reader whose answer came after the close; empty for none")
REPLY_STOPPED = Setting("quiz_reply_stopped", "本期问答已停止，不再接受答案，敬请谅解。", "", "text to a reader who answers the quiz of an edition that was killed")
REPLY_UNREADABLE = Setting(
    "quiz_reply_unreadable", "没看懂您的答案。请发“{keyword}加答案序号”到{number}，如{keyword}1。", "", "text to a reader in whose answer nobody finds a choice; empty for none"
)

SETTINGS: tuple[Setting[Any], ...] = (
    WHICH_COUNTS, GRACE_S, SETTLE_S, BARE_ANSWERS, READERS_ONLY, BARRED_BLACKLISTS, BARRED_SEGMENT, ANSWERS_MAX, LATE_DAYS,
    REPLY_COUNTED, REPLY_AGAIN, REPLY_REPLACED, REPLY_LATE, REPLY_STOPPED, REPLY_UNREADABLE,
)  # fmt: skip
