"""Structured logs: one JSON (or coloured) line an event, secrets never printed."""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, Protocol, TextIO

import structlog

_SECRET_KEY: Final = re.compile(r"(?i)secret|password|passwd|token|authorization|cookie|api_?key|private_?key|credential")
_SECRET_TEXT: Final = re.compile(
    r"(?i)((?:token|secret|password|api_?key|signature|authorization)\"?\s*[=:]\s*\"?(?:bearer\s+)?)[^\s\"&,;}]+"
)
HIDDEN: Final = "•••"


class Logger(Protocol):
    """What the hub and its plugins log with: a sentence and named facts."""

    def bind(self, **facts: Any) -> Logger:
        """A logger that adds these facts to each line."""

    def debug(self, event: str, **facts: Any) -> None:
        """For somebody looking for a fault."""

    def info(self, event: str, **facts: Any) -> None:
        """Something worth knowing happened; never once per message."""

    def warning(self, event: str, **facts: Any) -> None:
        """Something is not as it should be, and the hub copes."""

    def error(self, event: str, **facts: Any) -> None:
        """Somebody has to look."""


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what looks like a secret: by the name of a fact, and inside texts."""
    for key, value in event.items():
        if _SECRET_KEY.search(key):
            event[key] = HIDDEN
        elif isinstance(value, str):
            event[key] = redact_text(value)
    return event


def redact_text(text: str) -> str:
    """`text` with the values of ``token=…`` and its like hidden."""
    return _SECRET_TEXT.sub(rf"\1{HIDDEN}", text)


def make_logger(*, level: str = "info", json: bool | None = None, stream: TextIO | None = None) -> Logger:
    """A logger that writes to `stream` (standard error); JSON unless `stream` is a terminal."""
    out = stream or sys.stderr
    as_json = json if json is not None else not out.isatty()
    number = {"debug": 10, "info": 20, "warning": 30, "error": 40}[level]
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer()
    logger: Logger = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
    )
    return logger
