"""Jinja2 for templates that somebody else wrote: no way out of the folder, bounded in time and memory.

The sandbox of Jinja2 keeps templates from reaching Python; it does not keep them from
looping for ever or from doubling a text forty times. Here a render has a budget: each
turn of a loop, call, include and output takes steps, each text made takes characters.
Everything that could make much of little (multiplying, formatting, lists of lists, most
filters and methods) is not there at all: a layout needs none of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as KNOWN_TESTS
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

STEPS_MAX = 500_000
"""Of one render: about half a second of looping; a page of forty entries takes two thousand."""

CHARS_MAX = 400_000
"""Written by one render into all its texts together; a WAP page is 10,000 bytes, a proof of thirty variants is rendered part by part."""

NUMBER_MAX = 10**12
ESCAPED = (".xhtml.j2", ".html.j2", ".wml.j2", ".xml.j2")
"""What is markup, and escapes every value."""

METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset({"startswith", "endswith", "strip", "lstrip", "rstrip", "upper", "lower", "title", "isdigit", "isascii"}),
    dict: frozenset({"items", "keys", "values", "get"}),
}
TESTS = ("defined", "undefined", "none", "even", "odd", "divisibleby", "eq", "equalto", "ne", "lt", "le", "gt", "ge", "in", "string", "number", "true", "false", "sameas")
_FORBIDDEN = {
    nodes.Dict: "a mapping",
    nodes.ScopedEvalContextModifier: "`autoescape`",
    nodes.EvalContextModifier: "`autoescape`",
    nodes.FilterBlock: "`filter`",
}


class BudgetError(SecurityError):
    """A template wants more time or room than a page can need."""


class _Meter(threading.local):
    steps = chars = 0
    steps_max, chars_max = STEPS_MAX, CHARS_MAX

    def begin(self, steps_max: int, chars_max: int) -> None:
        self.steps = self.chars = 0
        self.steps_max, self.chars_max = steps_max, chars_max

    def step(self, count: int = 1) -> None:
        self.steps += count
        if self.steps > self.steps_max:
            raise BudgetError("it loops or calls too often; a page needs a thousandth of that")

    def write(self, count: int) -> None:
        self.chars += count
        if self.chars > self.chars_max:
            raise BudgetError(f"it writes more than {self.chars_max} characters")


_meter = _Meter()


def _concat(parts: Iterable[str]) -> str:
    """As Jinja2 joins the outputs of a template, a block or a macro."""
    found = list(parts)
    _meter.write(sum(map(len, found)))
    return "".join(found)


class SandboxEnvironment(ImmutableSandboxedEnvironment):
    """The environment of one design's templates.

    Args:
        files: templates by name.
        filters: of ours, beside the few of Jinja2 that are kept.
        shared: values that every template gets.
    """

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))
    concat = staticmethod(_concat)
    steps_max, chars_max = STEPS_MAX, CHARS_MAX
    listing: tuple[str, ...] = ()
    """Filters that may be given a list of anything."""

    def __init__(self, files: Mapping[str, str], filters: Mapping[str, Callable[..., Any]], shared: Mapping[str, Any]) -> None:
        super().__init__(
            loader=FunctionLoader(lambda name: (files[name], name, None) if name in files else None),
            autoescape=lambda name: bool(name and name.endswith(ESCAPED)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=shown,
            cache_size=200,
            auto_reload=False,
        )
        self.filters = {**FILTERS, **filters, "counted": _counted, "joined": _joined}
        self.tests = {name: KNOWN_TESTS[name] for name in TESTS}
        self.globals = {"range": _range, **shared}
        self._heaviest = 1

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """The template filled in.

        Raises:
            jinja2.TemplateError: it is broken; RecursionError, TypeError, ValueError, ArithmeticError, LookupError: so it is when it runs.
        """
        return self.compiled(name).render(values)

    def compiled(self, name: str) -> Template:
        """The template, with a budget of its own: what an earlier one of this thread used up does not count.

        Raises:
            jinja2.TemplateError: it is broken.
        """
        _meter.begin(self.steps_max, self.chars_max)
        return self.get_template(name)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        self._heaviest = max(self._heaviest, _weight(tree))
        bounded: nodes.Template = _Bounds(name, filename, self.listing).visit(tree)
        return bounded

    def _load_template(self, name: Any, globals: Any) -> Any:  # noqa: A002  # Jinja2's name
        _meter.step(self._heaviest)
        return super()._load_template(name, globals)

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        _meter.step(self._heaviest if _is_of_jinja(obj) else 1)
        return super().call(context, obj, *args, **kwargs)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Values of what a template was given; no methods but a few."""
        if attr.startswith("_"):
            return False
        if callable(value):
            return any(isinstance(obj, kind) and attr in names for kind, names in METHODS.items()) or _is_of_jinja(obj)
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """No formatting: `{:>999999999}` makes a gigabyte of nothing."""

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic, on numbers only and bounded."""
        if not all(isinstance(side, int | float) for side in (left, right)) or operator == "**":
            raise SecurityError(f"`{operator}` is for numbers; texts are joined by `~`")
        found = super().call_binop(context, operator, left, right)
        if abs(found) > NUMBER_MAX:
            raise BudgetError("a number grows too large")
        return found


class _Bounds(NodeTransformer):
    """Makes every loop and every joined text pass a counter, and refuses what no layout needs."""

    def __init__(self, name: str | None, filename: str | None, listing: tuple[str, ...]) -> None:
        self._name, self._filename, self._listing = name, filename, listing

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        for kind, what in _FORBIDDEN.items():
            if isinstance(node, kind):
                self._refuse(node, what)
        return super().generic_visit(node, *args, **kwargs)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        if node.name in self._listing and isinstance(node.node, nodes.List | nodes.Tuple):
            node.node.items = [self.visit(item) for item in node.node.items]
            return node
        return self.generic_visit(node)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        if not all(isinstance(item, nodes.Const) for item in node.items):
            self._refuse(node, "a list of anything but constants")
        return self.generic_visit(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        if node.ctx != "store" and not all(isinstance(item, nodes.Const) for item in node.items):
            self._refuse(node, "a list of anything but constants")
        return self.generic_visit(node)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        cost = 1 + _weight(node)
        found = self.generic_visit(node)
        assert isinstance(found, nodes.For), "a loop stays a loop"
        found.iter = nodes.Filter(found.iter, "counted", [nodes.Const(cost)], [], None, None, lineno=node.lineno)
        return found

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        whole = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(whole, "joined", [], [], None, None, lineno=node.lineno)

    def _refuse(self, node: nodes.Node, what: str) -> None:
        raise TemplateSyntaxError(f"{what} has no place in a layout", node.lineno, self._name, self._filename)


def _is_of_jinja(obj: Any) -> bool:
    """A macro, a block, a loop: what runs more of the template when it is called."""
    return type(obj).__module__ == "jinja2.runtime"


def _weight(node: nodes.Node) -> int:
    return 1 + sum(_weight(child) for child in node.iter_child_nodes())


def _counted(values: Any, cost: int) -> Any:
    return _Counted(values, cost)


class _Counted:
    """What a loop runs over; each turn takes steps."""

    def __init__(self, values: Any, cost: int) -> None:
        self._values, self._cost = values, cost

    def __iter__(self) -> Iterator[Any]:
        for value in self._values:
            _meter.step(self._cost)
            yield value

    def __len__(self) -> int:
        return len(self._values)


def shown(value: Any) -> Any:
    """What an output may be: a text or a number."""
    _meter.step()
    if isinstance(value, str | int | float | Undefined):
        return value
    raise SecurityError(f"{type(value).__name__} is no text and no number; name what of it to show")


def _joined(parts: Iterable[Any]) -> str:
    found = [shown(part) for part in parts]
    if any(hasattr(part, "__html__") for part in found):
        found = [escape(part) for part in found]
    whole = Markup("").join(found) if any(isinstance(part, Markup) for part in found) else "".join(map(str, found))
    _meter.write(len(whole))
    return whole


def _join(values: Iterable[Any], between: str = "") -> str:
    parts: list[Any] = []
    for value in values:
        parts += [between, value] if parts else [value]
    return _joined(parts)


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > STEPS_MAX:
        raise BudgetError("it loops or calls too often; a page needs a thousandth of that")
    return found


def _default(value: Any, other: Any = "") -> Any:
    return other if isinstance(value, Undefined) or not value else value


def _short(text: str, chars: int) -> str:
    """The text, or its beginning and `…`."""
    return text if len(text) <= chars else text[: max(0, chars - 1)].rstrip() + "…"


def _pad(number: int, digits: int = 2) -> str:
    return f"{int(number):0{min(int(digits), 12)}}"


FILTERS: dict[str, Callable[..., Any]] = {
    "count": len,
    "length": len,
    "default": _default,
    "d": _default,
    "e": escape,
    "escape": escape,
    "first": lambda values: next(iter(values)),
    "join": _join,
    "last": lambda values: values[-1],
    "lower": lambda text: str(text).lower(),
    "pad": _pad,
    "round": round,
    "short": _short,
    "trim": lambda text: str(text).strip(),
    "upper": lambda text: str(text).upper(),
}
"""All filters there are, beside those of ours that `content.designs.design` adds."""
