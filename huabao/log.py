"""Structured logs: a fixed text plus fields, to standard error.

An MSISDN prints masked by its own `repr`; bodies are never logged.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from huabao.msisdn import MSISDN

QUIET = ("alembic", "PIL", "fontTools", "weasyprint", "asyncio", "celery", "kombu", "uvicorn")
"""Libraries that talk about themselves; heard from WARNING up."""


def _mask(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: value.masked if isinstance(value, MSISDN) else value for key, value in event.items()}


def configure(level: str = "INFO", *, as_json: bool | None = None) -> None:
    """Set up logging for this process; JSON lines unless standard error is a terminal."""
    use_json = not sys.stderr.isatty() if as_json is None else as_json
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if use_json else structlog.dev.ConsoleRenderer()
    logging.basicConfig(stream=sys.stderr, level=level, format="%(message)s")
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _mask,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def get_logger(name: str) -> Any:
    """A logger whose lines carry `component=name`."""
    return structlog.get_logger(component=name)
