"""Has the instances forget who was erased: each while it runs, again and again until it says that it has."""

from __future__ import annotations

import asyncio
from typing import Final

from hub import Context, NotReady, StoreUnavailable
from hub_people.erasures import HOOK, Duty, Erasure, Erasures
from hub_people.waste import Waste

FIRST_WAIT: Final = 10.0
LONGEST_WAIT: Final = 3600.0
STORE_WAIT: Final = 2.0
DAY: Final = 24 * 3600.0


class Forgetting:
    """Works through the `Erasures` of a running hub; after `days` it no longer waits for those who do not run."""

    def __init__(self, ctx: Context, erasures: Erasures, waste: Waste, days: float) -> None:
        self._ctx = ctx
        self._erasures = erasures
        self._waste = waste
        self._kept = int(days * DAY * 1000)
        self._wake = asyncio.Event()
        self._asking = asyncio.Lock()

    def wake(self) -> None:
        """Somebody runs now who did not, or there is somebody new to forget."""
        self._wake.set()

    async def run(self) -> None:
        """As long as the instance runs."""
        while True:
            self._wake.clear()
            try:
                await self._round()
                seconds = await self._until_next()
            except StoreUnavailable as error:
                self._ctx.log.warning("who is to be forgotten cannot be read now", error=str(error))
                seconds = STORE_WAIT
            await self._rest(seconds)

    async def at_once(self, erasure_id: int) -> None:
        """Have those who run forget this one now, for somebody who waits for it."""
        for duty in await self._erasures.due(self._there(), self._now(), erasure_id):
            async with self._asking:
                await self._ask(duty)
        await self._tidy()
        self.wake()

    async def _round(self) -> None:
        await self._erasures.learn()
        await self._ask_those_there()
        await self._tidy()
        await self._waste.clear()

    def _there(self) -> tuple[str, ...]:
        return self._ctx.house.calls.implementers(HOOK)

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)

    async def _ask_those_there(self) -> None:
        while due := await self._erasures.due(self._there(), self._now()):
            for duty in due:
                async with self._asking:
                    await self._ask(duty)

    async def _ask(self, duty: Duty) -> None:
        erasure = await self._erasures.still_due(duty)
        if erasure is None:
            return
        error = await self._tell(duty.instance, erasure)
        if error is None:
            await self._erasures.done(duty, self._now())
            return
        pause = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(duty.attempts, 20))
        if isinstance(error, NotReady) and error.retry_after is not None:
            pause = max(1.0, error.retry_after)
        self._ctx.count("people_forgetting_failed")
        # Not what it says: that may be about whom it is to forget.
        await self._erasures.put_off(duty, self._now() + int(pause * 1000), type(error).__name__[:100])

    async def _tell(self, instance: str, erasure: Erasure) -> Exception | None:
        for id in (erasure.person_id, *erasure.others):
            person = await self._ctx.reading.person(id)
            # Whoever takes no part is passed by without a word, which must not count as an answer.
            if instance not in self._there():
                return NotReady("it does not run any more", retry_after=1)
            if person is not None:
                told = {"person": person, "identities": erasure.identities}
                outcome = await self._ctx.house.calls.ask(instance, HOOK, **told)
                if outcome.error is not None:
                    return outcome.error
        return None

    async def _tidy(self) -> None:
        for erasure, duties in await self._erasures.tidy(self._now() - self._kept):
            self._ctx.count("people_forgetting_given_up")
            instances = [duty.instance for duty in duties]
            self._ctx.log.error("an erased person may not be forgotten", person=erasure.person_id, instances=instances)

    async def _until_next(self) -> float | None:
        """Seconds until there is something to do of which nobody tells; None for ever."""
        since, due = await self._erasures.since(), await self._erasures.next_at(self._there())
        dates = [date for date in (due, None if since is None else since + self._kept + 1) if date is not None]
        waits = [max(0.0, (date - self._now()) / 1000) for date in dates]
        if await self._waste.count():
            waits.append(LONGEST_WAIT)
        return min(waits, default=None)

    async def _rest(self, seconds: float | None) -> None:
        """Until woken, but no longer."""
        if seconds is None:
            await self._wake.wait()
            return
        woken = asyncio.ensure_future(self._wake.wait())
        limit = asyncio.ensure_future(self._ctx.clock.sleep(seconds))
        try:
            await asyncio.wait({woken, limit}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            limit.cancel()
