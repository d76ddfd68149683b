"""Passwords: what is asked of them, how they are kept, and how fast somebody may guess."""

from __future__ import annotations

import asyncio
import math
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub import Refused
from hub.house import Clock
from hub_desk.words import refusal

LEAST: Final = 10
MOST: Final = 200
LEAST_DIFFERENT: Final = 4
_LOGIN: Final = re.compile(r"[^\W_][\w.@+-]{1,63}")


def plain_login(login: str) -> str:
    """The one spelling of a login: no blanks around it, no difference between upper and lower case."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def check_login(login: str, locale: str) -> str:
    """The login as it is kept. Raises Refused (422)."""
    plain = plain_login(login)
    if not _LOGIN.fullmatch(plain):
        raise refusal("bad_login", locale)
    return plain


def check_password(password: str, login: str, locale: str) -> None:
    """Raise Refused (422) for a password that is too easy to guess."""
    if len(password) < LEAST:
        raise refusal("short_password", locale, least=LEAST)
    if len(password) > MOST:
        raise refusal("long_password", locale, most=MOST)
    if plain_login(password) == login:
        raise refusal("password_is_login", locale)
    if len(set(password)) < LEAST_DIFFERENT:
        raise refusal("plain_password", locale, least=LEAST_DIFFERENT)


class Passwords:
    """Argon2id with 19 MiB and two passes, as OWASP advises; two at a time, so that guessing leaves threads for others.

    `run_sync` calls a function in a thread.
    """

    def __init__(self, run_sync: Callable[..., Awaitable[Any]]) -> None:
        self._run_sync = run_sync
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._seats = asyncio.Semaphore(2)
        self._nobodys = ""

    async def start(self) -> None:
        """Make the hash that a login nobody has is checked against."""
        self._nobodys = await self.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        async with self._seats:
            hashed: str = await self._run_sync(self._hasher.hash, password)
        return hashed

    async def fits(self, password: str, hashed: str) -> bool:
        """Is this the password? Takes the same time when `hashed` is empty: then nothing fits."""
        async with self._seats:
            fits: bool = await self._run_sync(self._verify, password, hashed or self._nobodys)
        return fits and bool(hashed)

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


class TooManyAttempts(Refused):
    """Somebody guesses too fast; `retry_after` is in seconds."""

    def __init__(self, locale: str, seconds: float) -> None:
        self.retry_after = math.ceil(seconds)
        why = refusal("too_many_attempts", locale, seconds=self.retry_after)
        super().__init__(why.status, why.code, str(why))


class Throttle:
    """Slows down guessing at one thing: `free` attempts, then a wait that doubles from `first` to `longest` seconds.

    Attempts count when they begin, so that many at once gain nothing; `forgive` takes them back after a success.
    An attempt made while one has to wait is refused and does not lengthen the wait.
    """

    def __init__(self, clock: Clock, free: int, *, first: float = 30.0, longest: float = 900.0) -> None:
        self._clock = clock
        self._free = free
        self._first = first
        self._longest = longest
        self._tried: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Seconds until the next attempt is allowed; 0 for now."""
        count, at = self._tried.get(key, (0, 0.0))
        if count < self._free:
            return 0.0
        pause = min(self._longest, self._first * 2.0 ** min(count - self._free, 30))
        return max(0.0, at + pause - self._clock.monotonic())

    def count(self, key: str) -> None:
        """An attempt begins."""
        now = self._clock.monotonic()
        count, at = self._tried.pop(key, (0, now))
        # After a quiet hour (or four times the longest wait) one begins anew.
        self._tried[key] = (1 if now - at > 4 * self._longest else count + 1, now)
        while now - next(iter(self._tried.values()))[1] > 4 * self._longest:
            self._tried.popitem(last=False)

    def forgive(self, key: str) -> None:
        """It was the right one."""
        self._tried.pop(key, None)
