"""Calls to an implementation and their answers, whichever way they travel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from hub import Rejected
from hub.house import Clock

T = TypeVar("T")
Status = Literal["ok", "async", "failed"]


class Answer(msgspec.Struct, frozen=True):
    """What became of a call: done (ok), taken and not done yet (async), or refused (failed, with the reason)."""

    status: Status
    retcode: int = 0
    data: Any = None
    reason: str = ""

    @property
    def facts(self) -> Mapping[str, Any]:
        """The data where it is an object; nothing else."""
        return self.data if isinstance(self.data, Mapping) else {}


class Api(Protocol):
    """A way to call an implementation; `via` is its word: ws or http."""

    via: str

    async def call(self, action: str, params: Mapping[str, Any]) -> Answer:
        """Call `action` and wait for the answer.

        Raises NotReady when it certainly was not done, and `unknown` (Rejected) when nobody can tell.
        """


def answer_of(payload: Mapping[str, Any]) -> Answer:
    """An answer as it came, read tolerantly."""
    code = payload.get("retcode")
    retcode = code if isinstance(code, int) and not isinstance(code, bool) else 0
    status: Status
    match payload.get("status"):
        case "ok" | "async" | "failed" as said:
            status = said
        case _:
            status = "ok" if retcode == 0 else "async" if retcode == 1 else "failed"
    words = (payload.get(name) for name in ("wording", "message", "msg"))
    reason = next((word for word in words if isinstance(word, str) and word), "")
    return Answer(status, retcode, payload.get("data"), reason[:300])


def done(action: str, answer: Answer) -> Answer:
    """The answer. Raises Rejected where the implementation refused."""
    if answer.status == "failed":
        raise Rejected(f"{action} was refused: {answer.reason or 'no reason given'} ({answer.retcode})", code=str(answer.retcode))
    return answer


def unknown(action: str, why: str) -> Rejected:
    """Nobody knows whether it was done, and OneBot has no key by which a second call would be recognised."""
    return Rejected(f"unknown outcome, not sent again: {action}: {why}", code="unknown")


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """What `work` returns. Raises TimeoutError, and cancels it, when that takes longer than `seconds` of the hub's clock."""
    task = asyncio.ensure_future(work)
    sleeper = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, sleeper}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        sleeper.cancel()
        task.cancel()
