"""A warning for sentences in which traditional and simplified characters stand together (俄罗斯連接德国)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.workflow.folding import script_of
from content.workflow.hits import Hit, hit_in
from content.workflow.passages import Passage

_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_NAME = re.compile(r"[^。！？!?；;\n：:、，,/|]+")
"""In a credit: each source and each person is written as they write themselves."""
_SHOWN = 8


def mixed_scripts(passage: Passage) -> Iterator[Hit]:
    """One hit for each sentence, in a credit for each name, that mixes; what is found is the rarer writing, which is likely the slip."""
    for sentence in (_NAME if passage.where == "credit" else _SENTENCE).finditer(passage.text):
        scripts = {place: script for place, character in enumerate(sentence.group(), sentence.start()) if (script := script_of(character))}
        counted = {kind: [place for place, script in scripts.items() if script == kind] for kind in ("traditional", "simplified")}
        if not all(counted.values()):
            continue
        rarer = min(counted, key=lambda kind: len(counted[kind]))
        odd = "".join(passage.text[place] for place in counted[rarer][:_SHOWN])
        first = counted[rarer][0]
        rule = f"{len(counted[rarer])} {rarer} among {len(scripts) - len(counted[rarer])} {'simplified' if rarer == 'traditional' else 'traditional'} characters"
        yield hit_in(passage, first, first + 1, kind="script", severity="warn", rule=rule, advice=f"{rarer}: {odd}; write the sentence in one script")
