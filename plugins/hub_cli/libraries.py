"""What libraries log, as lines of the hub's own log: structured, and without secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp.http_exceptions import HttpProcessingError

from hub.watching import Logger


@contextmanager
def told_in(log: Logger) -> Iterator[None]:
    """While this lasts, what libraries warn of goes to `log` and nowhere else."""
    root, handler = logging.getLogger(), _Retelling(log)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


class _Retelling(logging.Handler):
    """Hands records on."""

    def __init__(self, log: Logger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One record as one line."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            # Who sent it was told. aiohttp's words quote the request, its cookies among it.
            self._log.warning("a request that is no HTTP", error=type(error).__name__, said_by=record.name)
            return
        say = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        facts = {"exc_info": error} if error is not None else {}
        say(record.getMessage(), said_by=record.name, **facts)
