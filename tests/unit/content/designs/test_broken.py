"""Broken designs are refused with file, line and reason; hostile ones in bounded time and memory."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import pytest

from content.designs import DesignError, Fault
from content.designs.fitness import check
from content.designs.library import load
from content.designs.sandbox import CHARS_MAX, STEPS_MAX
from tests.unit.content.designs.folders import HEAD, folder, made

STORY = """{% if section %}
{{ marks.open }}{{ section }}{{ marks.close }}
{% endif %}
{% if title %}
{{ title }}
{% endif %}
{% if byline %}
{{ byline }}
{% endif %}
{% if body %}
{{ body }}
{% endif %}
{% if link %}
全文: {{ link }}
{% endif %}
"""


def faults(root: Path, story: str) -> list[Fault]:
    return check(made(root, {"slides/story.txt.j2": story}))


def test_a_design_of_a_sheet_and_one_layout_is_fit(tmp_path: Path) -> None:
    assert faults(tmp_path, STORY) == []


@pytest.mark.parametrize(
    ("story", "line", "reason"),
    [
        ("{{ title }}\n{% if body %}\n{{ body }}\n", 3, "'endif'"),
        ("{{ title }}\n{{ boddy }}\n", 2, "'boddy' is undefined"),
        ("\n\n{{ title.__class__ }}\n", 3, "unsafe"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", 1, "unsafe"),
        ("{{ self._TemplateReference__context }}", 1, "unsafe"),
        ("{{ marks.__init__.__globals__ }}", 1, "unsafe"),
        ("{{ body.format(1) }}", 1, "unsafe"),
        ("{{ '{:>999999999}'.format(1) }}", 1, "unsafe"),
        ("{{ body.encode() }}", 1, "unsafe"),
        ("{% include '../../../etc/passwd' %}", 1, "passwd"),
        ("{% include '/etc/passwd' %}", 1, "passwd"),
        ("{{ body | lipsum }}", 1, "No filter named 'lipsum'"),
        ("{{ lipsum(9) }}", 1, "'lipsum' is undefined"),
        ("{{ [body, body] | join }}", 1, "a list of anything but constants"),
        ("{{ {'a': body} }}", 1, "a mapping"),
        ("{{ 'ab' * 1000000000 }}", 1, "`*` is for numbers"),
        ("{{ 9 ** 9 ** 9 }}", 1, "`**` is for numbers"),
        ("{{ '%99999999d' % 1 }}", 1, "`%` is for numbers"),
        ("{{ marks }}", 1, "Marks is no text"),
        ("{% autoescape false %}{{ body }}{% endautoescape %}", 1, "`autoescape` has no place"),
        ("{% set marks.story = '' %}{{ body }}", 1, "cannot assign attribute on non-namespace object"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
        ("{{ loop.index }}", 1, "'loop' is undefined"),
        ("{% for a in body %}{% break %}{% endfor %}", 1, "break"),
        ("{{ body", 1, "unexpected end of template"),
        ("{{" + "(" * 3000 + "1" + ")" * 3000 + "}}", 0, "without end"),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, story: str, line: int, reason: str) -> None:
    found = faults(tmp_path, story)
    assert [one.file for one in found[:1]] == ["slides/story.txt.j2"]
    assert any(one.line == line and reason in one.reason for one in found), found


HOSTILE = {
    "nested loops": "{% for a in range(400000) %}{% for b in range(400000) %}{{ b }}{% endfor %}{% endfor %}",
    "a silent loop": "{% for a in range(400000) %}{% for b in range(400000) %}{% endfor %}{% endfor %}",
    "a range without end": "{% for a in range(10 * 100000 * 100000) %}{% endfor %}",
    "doubling by sets": "{% set a = 'ab' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "doubling by blocks": "{% set a = 'ab' %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60 + "{{ a }}",
    "doubling by macros": "".join(f"{{% macro m{n}() %}}{{{{ m{n - 1}() }}}}{{{{ m{n - 1}() }}}}{{% endmacro %}}" if n else "{% macro m0() %}x{% endmacro %}" for n in range(60))
    + "{{ m59() }}",
    "a macro of itself": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "a macro that counts": "{% macro m(n) %}{% if n %}{% set x = m(n - 1) %}{% set y = m(n - 1) %}{% endif %}{% endmacro %}{{ m(200) }}",
    "including itself": "{% include 'slides/story.txt.j2' %}{% include 'slides/story.txt.j2' %}",
    "a recursive loop": "{% for a in 'abc' recursive %}{{ loop('abc') }}{% endfor %}",
    "a wide pad": "{{ 1 | pad(1000000000) }}" * 200 + "{% for a in range(400000) %}{{ 1 | pad(1000000000) }}{% endfor %}",
    "numbers that grow": "{{ " + " * ".join(["999999999"] * 500) + " }}",
    "a long join": "{% for a in range(400000) %}{% set b = range(100000) | join('xxxxxxxxxx') %}{% endfor %}",
}


@pytest.mark.parametrize("story", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_template_is_stopped_in_bounded_time_and_memory(tmp_path: Path, story: str) -> None:
    design = made(tmp_path, {"slides/story.txt.j2": story})
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(DesignError) as refused:
        design.render("slides/story.txt.j2", section="", title="", byline="", body="abc", link="")
    assert time.process_time() - began < 20, f"{STEPS_MAX} steps"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, f"{CHARS_MAX} characters"
    assert refused.value.faults[0].file == "slides/story.txt.j2"
    assert faults(tmp_path / "next", STORY) == [], "what one template used up was taken from the next one"


@pytest.mark.parametrize(
    ("line", "number", "reason"),
    [
        ("colour = 3", 6, "`colour` is no key of a design"),
        ('[style]\nink = "#ffffff"', 7, "`ink` on `paper` has a contrast of 1.0"),
        ('[style]\nmuted = "#aaaaaa"', 7, "`muted` on `paper`"),
        ('[style]\naccent = "red"', 7, "write a colour as"),
        ('[style]\n\nnameplate = "gothic"', 8, "there are block, letterhead, tabloid"),
        ("[style]\npicture_share = 0.9", 7, "write a number from 0.3 to 0.6"),
        ("[style]\nspacing = true", 7, "write a number"),
        ('[style]\ntitle_weight = "comic sans"', 7, "there are regular, bold, black"),
        ('[style]\nfont = "x"', 7, "`font` is no key of [style]"),
        ('[marks]\nstory = "\U0001f4f0"', 7, "up to 3 signs of GBK"),
        ("style = 3", 6, "`style` is no table"),
        ('extends = "nobody"', 6, "there is no such design"),
        ('extends = "mine"', 6, "leads back to it"),
        ('extends = "study"', 1, "of kind magazine"),
        ("[style", 6, "is no TOML"),
    ],
)
def test_a_bad_sheet_is_refused_with_its_line(tmp_path: Path, line: str, number: int, reason: str) -> None:
    with pytest.raises(DesignError) as refused:
        made(tmp_path, head=HEAD + line + "\n")
    assert any((one.file, one.line) == ("design.toml", number) and reason in one.reason for one in refused.value.faults), refused.value


def test_what_a_sheet_must_say(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match=r"`kind` is None.*|`title_zh` is missing"):
        made(tmp_path, head="")
    with pytest.raises(DesignError, match=r"design\.toml: is missing"):
        (tmp_path / "bare").mkdir()
        load(tmp_path / "bare")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"slides/stroy.txt.j2": "x"}, "slides/stroy.txt.j2: is no layout; there are masthead, cover"),
        ({"slides/story.txt": "x"}, "slides/story.txt: has no place here"),
        ({"code.py": "x"}, "code.py: has no place here"),
        ({"slides/story.txt.j2": "x" * 40_000}, "more than 32,000 bytes"),
        ({"slides/story.txt.j2": "{{ title }}{{ body }}"}, "never shows `section`"),
        ({"slides/story.txt.j2": STORY.replace("{{ link }}", "")}, "must end with the line 全文"),
        ({"slides/story.txt.j2": STORY.replace("{% if body %}", "\n{% if body %}")}, "leaves a line empty"),
        ({"slides/story.txt.j2": "，" + STORY}, "begins a line with a closing mark"),
        ({"slides/story.txt.j2": "\U0001f4f0" + STORY}, "old handsets do not have"),
        ({"slides/briefs.txt.j2": "{% for story in stories %}\n{{ story.title }}\n{% endfor %}\n"}, "never shows"),
        ({"slides/end.txt.j2": "{{ credit }}" + "很长" * 300}, "characters of an example"),
    ],
)
def test_a_layout_that_would_lose_something_is_refused(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    try:
        found = [str(fault) for fault in check(made(tmp_path, files))]
    except DesignError as error:
        found = [str(fault) for fault in error.faults]
    assert any(reason in one for one in found), found


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    place = folder(tmp_path, {"slides/end.txt.j2": "{{ credit }}"})
    (place / "slides/more.txt.j2").symlink_to(secret)
    os.mkfifo(place / "slides/story.txt.j2")
    with pytest.raises(DesignError) as refused:
        load(place)
    assert {fault.file for fault in refused.value.faults} == {"slides/more.txt.j2", "slides/story.txt.j2"}
    assert "geheim" not in str(refused.value)


def test_a_layout_of_latin1_is_refused(tmp_path: Path) -> None:
    place = folder(tmp_path, {"slides/end.txt.j2": "x"})
    (place / "slides/end.txt.j2").write_bytes("eins\nf\xfcnf".encode("latin-1"))
    with pytest.raises(DesignError, match=r"slides/end\.txt\.j2:2: is not UTF-8"):
        load(place)


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("<p>\n{{ prof.title }}</p>", "proof/front.html.j2:2: 'prof' is undefined"),
        ("<p>\n\n{% if %}", "proof/front.html.j2:3: "),
        ("{{ proof.title | safe }}", "proof/front.html.j2:1: No filter named 'safe'"),
    ],
)
def test_a_broken_page_of_the_proof_is_found_before_there_is_one(tmp_path: Path, page: str, fault: str) -> None:
    assert any(str(one).startswith(fault) for one in check(made(tmp_path, {"proof/front.html.j2": page})))
    assert check(made(tmp_path, {"proof/front.html.j2": "<p>{{ proof.title }}</p>{% for one in proof.variants %}{{ one.size_bytes | grouped }}{% endfor %}"})) == []
