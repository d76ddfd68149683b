"""What becomes of an event: whether it is for us, whose conversation it belongs to, and that it is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from hub import Busy, Context, Inbound, NotReady, Refused, StoreUnavailable, plain_text
from hub.pages import outcome_of
from hub_onebot.api import Api
from hub_onebot.config import OneBotConfig
from hub_onebot.cq import to_string
from hub_onebot.events import Event, Said, said_in, time_of
from hub_onebot.ids import id_of
from hub_onebot.inward import Inward
from hub_onebot.lanes import Lanes
from hub_onebot.lines import HttpLine, Lines
from hub_onebot.memory import QUOTED, Known, Memory
from hub_onebot.notices import Notices
from hub_onebot.places import is_meant, is_served, place_of, without_name
from hub_onebot.sending import Sending

STORE_AGAIN: Final = 2.0
"""Seconds until it is tried again when nothing can be stored."""

Work = Callable[[], Awaitable[None]]


class Intake:
    """Takes events. HTTP is answered when they are stored; from a socket they are held until they are."""

    def __init__(self, ctx: Context, config: OneBotConfig, lines: Lines | HttpLine, memory: Memory, sending: Sending) -> None:
        self._ctx = ctx
        self._config = config
        self._lines = lines
        self._memory = memory
        self._sending = sending
        self._inward = Inward(ctx, config.media, memory)
        self._notices = Notices(ctx)
        self.lanes = Lanes(ctx)

    # -- the two ways ---------------------------------------------------------------------------

    async def posted(self, event: Event, self_id: str) -> None:
        """An event by HTTP: returns when it is stored. Raises Refused, Busy, StoreUnavailable."""
        try:
            found = self._work(event, self_id)
        except Refused as error:
            self._refused(error, self_id)
            raise
        if found is not None:
            await (await self.lanes.submit(*found))

    async def pushed(self, event: Event, self_id: str) -> None:
        """An event from a socket, where nothing is acknowledged: it is kept until it can be stored.

        Returns when there is room for it; until then the socket is not read, and the implementation feels it.
        """
        try:
            found = self._work(event, self_id)
        except Refused as error:
            self._refused(error, self_id)
        else:
            if found is not None:
                lane, work = found
                await self.lanes.submit(lane, partial(self._hold, work, self_id))

    async def _hold(self, work: Work, self_id: str) -> None:
        held = False
        while True:
            outcome = await outcome_of(work())
            match outcome.error:
                case None:
                    return
                case Busy(retry_after=seconds):
                    wait: float = seconds
                case StoreUnavailable():
                    wait = STORE_AGAIN
                case Refused():
                    self._refused(outcome.error, self_id)
                    return
                case error:
                    self._ctx.count("onebot_lost")
                    self._ctx.log.error("an event could not be worked on", self_id=self_id, exc_info=error)
                    return
            if not held:
                held = True
                self._ctx.count("onebot_held")
                self._ctx.log.warning("an event waits to be stored", self_id=self_id, reason=str(outcome.error))
            await self._ctx.clock.sleep(wait)

    def _refused(self, error: Refused, self_id: str) -> None:
        self._ctx.count("onebot_refused")
        self._ctx.log.warning("an event was refused", self_id=self_id, code=error.code, reason=str(error))

    # -- what is to be done ---------------------------------------------------------------------

    def _work(self, event: Event, self_id: str) -> tuple[str, Work] | None:
        """What to do with an event and in which lane; None for what is nothing to us. Raises Refused."""
        self._check(event, self_id)
        match event.get("post_type"):
            case "message" | "message_sent":
                said = said_in(event, self_id)
                if self._is_for_us(said):
                    return said.chat.address, partial(self._own if said.own else self._take, said)
            case "notice" | "request":
                return "notices", partial(self._notices.note, event, self_id)
            case "meta_event":
                return None
            case _:
                self._ctx.count("onebot_unknown_events")
        return None

    def _is_for_us(self, said: Said) -> bool:
        if said.own and self._config.own_messages == "ignore":
            self._ctx.count("onebot_own")
            return False
        groups = self._config.groups
        heard = is_served(said, groups) and (said.own or is_meant(said, groups, self._memory))
        if not heard:
            self._ctx.count("onebot_not_for_us")
        return heard

    def _check(self, event: Event, self_id: str) -> None:
        """Is it an event of an account we serve, and not too old?"""
        told = id_of(event.get("self_id"))
        if told and told != self_id:
            raise Refused(403, "wrong_account", "the event is another account's")
        check_account(self_id, self._config)
        if not self._config.oldest:
            return
        time = time_of(event)
        if not time:
            raise Refused(422, "no_time", "the event does not tell its time")
        if abs(self._ctx.clock.now() * 1000 - time) > self._config.oldest * 1000:
            self._ctx.count("onebot_stale")
            raise Refused(403, "stale", "the event is too old, or of a time that has not come")

    # -- messages -------------------------------------------------------------------------------

    async def _take(self, said: Said) -> None:
        place = place_of(said, self._config.groups)
        if place is None:
            return
        self_id, owner = said.chat.self_id, f"{self._ctx.name}:{place.sender.external_id}"
        body = await self._inward.body(without_name(said), self_id, owner, self._api(self_id))
        answer_to = {"message_id": said.message_id, "user_id": said.user_id, "through": said.through}
        context: dict[str, Any] = {} if said.own else {name: value for name, value in answer_to.items() if value}
        inbound = Inbound(said.key, place.sender, body, place.chat.address, said.time, context, author=place.author)
        accepted = await self._ctx.accept(inbound)
        if said.message_id:
            words = plain_text(body, self._ctx.locale)[:QUOTED]
            self._memory.note(self_id, Known(said.message_id, accepted.message_id, words, ours=said.own))

    async def _own(self, said: Said) -> None:
        """What the account said: by the hub, which knows it already, or by somebody with the app in their hand."""
        place = said.chat.place
        await self._sending.quiet(place)
        if self._memory.is_ours(place.self_id, said.message_id):
            self._ctx.count("onebot_own")
        elif message_id := self._memory.came(place, to_string(said.segments)):
            await self._ctx.receipt(message_id, "delivered")
        else:
            await self._take(said)

    def _api(self, self_id: str) -> Api | None:
        try:
            return self._lines.api(self_id)
        except NotReady:
            return None


def check_account(self_id: str, config: OneBotConfig) -> None:
    """Raise Refused (403) for an account that is not served here."""
    if not self_id or (config.self_ids and self_id not in config.self_ids):
        raise Refused(403, "unknown_account", "this account is not served here")
