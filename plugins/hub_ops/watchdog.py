"""Notices that the event loop is blocked, and by whom.

The loop beats every 50 ms. A thread looks on; when the beat stays away for longer than the threshold it reads the
stack of the loop's thread, so that the log names the instance, the package and the line. The line is written once a
blockage, when it is over and its length is known; one that lasts ten seconds is also reported while it lasts.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from hub.watching import Logger

CallerOf = Callable[["asyncio.Task[Any] | None"], str]

BEAT: Final = 0.05
THRESHOLD: Final = 0.2
STUCK: Final = 10.0

# Packages that stand between the loop and a plugin: they call, they are not the ones who block.
_FRAMEWORK: Final = frozenset(
    (
        *("aiohttp", "aiosqlite", "apscheduler", "asyncpg", "pluggy", "pydantic", "structlog", "tortoise", "uvloop"),
        *("__channelexec__", "_pytest", "execnet", "pytest", "pytest_asyncio", "xdist"),
        *("__main__", "hub", "hub_cli"),
    )
)


@dataclass(frozen=True, slots=True)
class Culprit:
    """Who blocks: instance and package where they are known, the package's innermost line, and the stack."""

    instance: str
    package: str
    file: str
    line: int
    function: str
    stack: str


class Watchdog:
    """Watches the loop it is started in. `threshold` and `stuck` are in seconds; the time is the machine's, never a test's.

    `caller_of` tells the instance whose code a task is in; it is asked from another thread.
    `lag` is how late the last beat was and `longest` the longest blockage, in seconds; `blockages` counts them.
    """

    def __init__(
        self, log: Logger, caller_of: CallerOf, *, threshold: float = THRESHOLD, stuck: float = STUCK
    ) -> None:
        self.lag = 0.0
        self.longest = 0.0
        self.blockages = 0
        self.culprit: Culprit | None = None
        self._log = log
        self._caller_of = caller_of
        self._threshold = threshold
        self._stuck = stuck
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._due = 0.0

    def start(self) -> None:
        """Begin; called in the thread of the loop."""
        if self._thread is not None:
            return
        loop = asyncio.get_running_loop()
        self._over.clear()
        self._next_beat(loop)
        watched = threading.get_ident()
        self._thread = threading.Thread(target=self._watch, args=(loop, watched), name="hub: watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the beat. Harmless when not started."""
        thread, self._thread = self._thread, None
        self._over.set()
        if self._handle is not None:
            self._handle.cancel()
        if thread is not None:
            thread.join()

    # -- in the loop ----------------------------------------------------------------------------

    def _next_beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = time.monotonic() + BEAT
        self._handle = loop.call_later(BEAT, self._beat, loop)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self.lag = max(0.0, time.monotonic() - self._due)
        culprit, self.culprit = self.culprit, None
        if self.lag > self._threshold:
            self.blockages += 1
            self.longest = max(self.longest, self.lag)
            self._report("event loop was blocked", self.lag, culprit)
        self._next_beat(loop)

    # -- in the thread --------------------------------------------------------------------------

    def _watch(self, loop: asyncio.AbstractEventLoop, watched: int) -> None:
        reported = 0.0
        while not self._over.wait(min(BEAT, self._threshold / 2)):
            due = self._due
            late = time.monotonic() - due
            if late > self._threshold and self.culprit is None:
                culprit = self._look(loop, watched)
                # The beat may have come while we looked: then it is over, and what was seen is something else.
                if self._due == due:
                    self.culprit = culprit
            if late > self._stuck and reported != due:
                reported = due
                self._report("event loop is blocked and still is", late, self.culprit)

    def _look(self, loop: asyncio.AbstractEventLoop, watched: int) -> Culprit | None:
        frame = sys._current_frames().get(watched)
        if frame is None:
            return None
        task = asyncio.current_task(loop)
        # A background task of an instance has no call in the table; `Context.task` puts the instance into its name.
        owner, named, _ = task.get_name().partition(": ") if task is not None else ("", "", "")
        return find_culprit(frame, self._caller_of(task) or (owner if named else ""))

    def _report(self, event: str, seconds: float, culprit: Culprit | None) -> None:
        if culprit is None:
            self._log.warning(event, seconds=round(seconds, 3), instance="")
            return
        self._log.warning(
            event,
            seconds=round(seconds, 3),
            instance=culprit.instance,
            package=culprit.package,
            where=f"{culprit.file}:{culprit.line} ({culprit.function})",
            stack=culprit.stack,
        )


def find_culprit(innermost: FrameType, instance: str) -> Culprit:
    """Who blocks, by the stack that ends at `innermost`: the outermost package that is no framework, at its last line."""
    frames = [frame for frame, _ in traceback.walk_stack(innermost)]
    package = next((name for frame in reversed(frames) if not _is_framework(name := _package_of(frame))), "")
    blamed = next((frame for frame in frames if package and _package_of(frame) == package), frames[0])
    code = blamed.f_code
    last = traceback.extract_stack(innermost, limit=6)
    stack = " < ".join(f"{Path(line.filename).name}:{line.lineno} {line.name}" for line in reversed(last))
    return Culprit(instance, package or "hub", code.co_filename, blamed.f_lineno, code.co_qualname, stack)


def _package_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _is_framework(package: str) -> bool:
    return not package or package in _FRAMEWORK or package in sys.stdlib_module_names
