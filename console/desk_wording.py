"""What services of the desk and of the send side refuse, by its form, for `console.wording`."""

from __future__ import annotations

FORMS: tuple[tuple[str, str], ...] = (
    (r"(?P<name>.+) is no deputy of this publication: .+", "desk_why.no_deputy"),
    (r"edition \d+ was never approved: .+", "desk_why.never_approved"),
    (r"(?P<count>\d+) characters changed, more than (?P<most>\d+) .+", "desk_why.too_many"),
    (r"more than words changed .+", "desk_why.more_than_words"),
    (r"(?P<name>.+) works on the edition since (?P<at>.+), till (?P<until>.+?)(; (submit|ask|nothing) .+)?", "desk_why.lock_whole"),
    (r"(?P<name>.+) works on section '(?P<section>.+)' since (?P<at>.+), till (?P<until>.+?)(; (submit|ask|nothing) .+)?", "desk_why.lock_section"),
    (r"version (?P<version>\d+) came at (?P<at>.+) from (?P<name>.+); look at that one, then approve", "desk_why.newer"),
    (r"version (?P<version>\d+) was imported", "desk_why.imported"),
    (r"version (?P<version>\d+) was written", "desk_why.imported"),
    (r"(?P<now>[\d,]+) readers would get it now, (?P<before>[\d,]+) were confirmed; .+", "desk_why.count_again"),
    (r"(?P<now>[\d,]+) readers are planned now, (?P<before>[\d,]+) were confirmed; .+", "desk_why.more_readers"),
    (r"version (?P<version>\d+) of (?P<edition>\S+) is dispatch (?P<dispatch>\d+) already .+", "desk_why.twice"),
    (r"version (?P<version>\d+) of (?P<edition>\S+) is \w+ and not approved.*", "desk_why.not_approved"),
    (r"(?P<slug>\S+) has no readers: .+", "desk_why.no_readers"),
    (r"the deadline lies before the start; .+", "desk_why.deadline"),
    (r"there is no port yet.*", "desk_why.no_port"),
    (r"no port carries links and texts; .+", "desk_why.no_short_port"),
    (r"nothing of (?P<name>\S+) waits in dispatch (?P<dispatch>\d+)", "desk_why.nothing_waits"),
    (r"(?P<found>.+) ruled on it already", "desk_why.ruled"),
    (r"(?P<name>.+) resolved it already", "desk_why.resolved"),
    (r"(?P<name>.+) answered for it already", "desk_why.ticked"),
    (r"a comment has 1 to (?P<most>[\d,]+) characters", "desk_why.comment"),
    (r"preflight: (?P<name>\S+) \((?P<count>[\d,]+) readers\) fails on (?P<handset>.+?)(, slide (?P<slide>\d+))?: .+", "desk_why.preflight"),
    (r"it takes (?P<takes>.+) and (?P<count>[\d,]+) readers would be late: (?P<need>[\d,]+) a second are needed; .+", "desk_why.too_slow"),
)
"""Form of a sentence, and the text that says it."""
