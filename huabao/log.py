"""Structured logs: a fixed text plus fields, to standard error; one JSON object a line unless a person sits there.

What libraries say by the standard library's `logging` comes out in the same form. An MSISDN prints masked, wherever
in a line it stands: as a value, in a text, in an exception's words. Bodies are never logged.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

import structlog

from huabao.msisdn import MSISDN, mask_within

QUIET = ("alembic", "PIL", "fontTools", "weasyprint", "asyncio", "celery", "kombu", "uvicorn", "opentelemetry", "urllib3")
"""Libraries that talk about themselves; heard from WARNING up."""

BOUND: Final = ("dispatch_id", "batch_id", "edition_id", "port_id")
"""Arguments of a job that every line of its work carries, each without its `_id`."""

_OURS: Final = "huabao"

_NUMBERS: Final = range(13_000_000_000, 20_000_000_000)


def _mask(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, MSISDN):
        return value.masked
    if isinstance(value, int) and _NUMBERS.start <= value < _NUMBERS.stop:
        return MSISDN(value).masked
    if isinstance(value, str):
        return mask_within(value)
    if isinstance(value, Mapping):
        return {key: _masked(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(one) for one in value]
    return value


def configure(level: str = "INFO", *, as_json: bool | None = None) -> None:
    """Set up logging for this process.

    Args:
        as_json: None: JSON lines unless standard error is a terminal.
    """
    use_json = not sys.stderr.isatty() if as_json is None else as_json
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if use_json else structlog.dev.ConsoleRenderer()
    shared: list[Any] = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    last: list[Any] = [structlog.processors.format_exc_info, _mask, renderer]
    _hear_libraries(level, shared, last)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _hear_libraries(level: str, shared: list[Any], last: list[Any]) -> None:
    """Let the standard library's lines come out as ours do, unless somebody else listens already."""
    root = logging.getLogger()
    for one in [one for one in root.handlers if one.name == _OURS]:
        root.removeHandler(one)
    if root.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.name = _OURS
    forms = structlog.stdlib.ProcessorFormatter
    handler.setFormatter(forms(foreign_pre_chain=[*shared, _component], processors=[forms.remove_processors_meta, *last]))
    root.addHandler(handler)
    root.setLevel(level)


def _component(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A library's line says whose it is."""
    event.setdefault("component", event["_record"].name)
    return event


def bound(**fields: Any) -> AbstractContextManager[Any]:
    """Every line that is written inside carries these fields."""
    return structlog.contextvars.bound_contextvars(**fields)


def get_logger(name: str) -> Any:
    """A logger whose lines carry `component=name`."""
    return structlog.get_logger(component=name)
