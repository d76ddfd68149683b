"""From the platform's event to the hub: whichever way it came, it is stored when `take` returns."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from hub import Author, Choice, Context, Element, Inbound, Refused, Sender
from hub.tables import Change, to_json
from hub_qq.config import QQConfig
from hub_qq.errands import Errands
from hub_qq.events import Clicked, Said, Told, parse
from hub_qq.fetching import Fetching
from hub_qq.places import Place
from hub_qq.reading import words_of
from hub_qq.rendering import label_of
from hub_qq.sending import EVENT
from hub_qq.tables import IS_TOLD, Statements
from hub_windows import Windows

LATE: Final = 60_000
"""Milliseconds; the platform's clock counts whole seconds, so its time is taken only for what comes later than this."""

MOST_FACTS: Final = 4000
MAX_SCOPE_ID: Final = 60


class Intake:
    """Takes events. `ours` are the ids by which the bot may be named."""

    def __init__(self, ctx: Context, config: QQConfig, windows: Windows, errands: Errands) -> None:
        self.ours = [config.app_id]
        self._ctx = ctx
        self._config = config
        self._windows = windows
        self._errands = errands
        self._fetching = Fetching(ctx, config)
        self._telling = asyncio.Lock()

    async def take(self, payload: Mapping[str, Any]) -> None:
        """One dispatch (op 0). Raises Refused for what is no event or says nothing, Busy, StoreUnavailable."""
        match parse(payload):
            case Said() as said:
                await self._said(said)
            case Clicked() as clicked:
                await self._clicked(clicked)
            case Told() as told:
                await self._told(told)
            case None:
                raise Refused(422, "bad_event", "this is no event of the platform")

    # -- messages and clicks ------------------------------------------------------------------------

    async def _said(self, said: Said) -> None:
        groups = self._config.groups
        if said.by_bot or (groups.need_mention and not said.named):
            self._ctx.count("qq_overheard")
            return
        place, sender, author = self._whose(said.place, said.user, said.name, said.guild)
        if said.union and author is None:
            sender = Sender(sender.external_id, sender.name, sender.scope, verified=True, keys={"qq_union": said.union})
        body: tuple[Element, ...] = words_of(said, self.ours)
        if said.files:
            body = (*body, *await self._fetching.elements(said.files, f"{self._ctx.name}:{said.user}"))
        if not body:
            raise Refused(422, "empty", "the message says nothing")
        age = self._now() - said.at if said.at else 0
        inbound = Inbound(said.id, sender, body, place.address, said.at if age > LATE else 0, author=author)
        await self._accept(inbound, place, "message", said.id, age)

    async def _clicked(self, clicked: Clicked) -> None:
        place, sender, author = self._whose(clicked.place, clicked.user, "", "")
        label = label_of(clicked.button) or clicked.data or clicked.button
        if not label:
            raise Refused(422, "empty", "the click says nothing")
        body = (Choice(label, clicked.data or label),)
        inbound = Inbound(f"click:{clicked.id}", sender, body, place.address, author=author)
        await self._accept(inbound, place, "click", f"{EVENT}{clicked.event}" if clicked.event else "", 0)
        self._errands.clicked(clicked.id)

    async def _accept(self, inbound: Inbound, place: Place, rule: str, ref: str, age: int) -> None:
        """Stored; what may be answered by then is known before, for the answer may be faster than we."""
        windows = self._config.windows
        seconds = {"c2c": windows.c2c, "group": windows.group}.get(place.scene, windows.channel) - max(0, age) / 1000
        if ref and seconds > 0:
            await self._windows.opened(place.address, rule, messages=windows.replies, seconds=seconds, ref=ref)
        accepted = await self._ctx.accept(inbound)
        if not accepted.duplicate and seconds > 0:
            self._errands.wrote(place.address)

    def _whose(self, place: Place, user: str, name: str, guild: str) -> tuple[Place, Sender, Author | None]:
        """Whose conversation it is: ids are valid for one bot and one scene only."""
        app = self._config.app_id
        if place.scene == "c2c":
            return place, Sender(user, name, f"{app}/c2c", verified=True), None
        if self._config.groups.conversation == "group" and place.scene != "dms":
            author = Author("person", user, name)
            return place, Sender(place.id, "", f"{app}/{place.scene}s", verified=True), author
        scope = f"{app}/group:{place.id[:MAX_SCOPE_ID]}" if place.scene == "group" else f"{app}/guild"
        where = place if place.scene == "dms" else Place(place.scene, place.id, user)
        return where, Sender(user, name, scope, verified=True), None

    # -- everything else ----------------------------------------------------------------------------

    async def _told(self, told: Told) -> None:
        """Into the event log, once; and a welcome, where there is one."""
        name, now = f"{self._ctx.name}/{told.key[:200]}", self._now()
        async with self._telling:
            if await self._ctx.reader.value(IS_TOLD, name):
                return
            change, facts = Change(), to_json(told.data)
            data = dict(told.data) if len(facts) <= MOST_FACTS else {"cut": facts[:MOST_FACTS]}
            change.write(Statements.add_told, (name, self._ctx.name, now))
            change.event(f"qq.{told.kind.lower()[:40]}", now, data={"instance": self._ctx.name, "event": data})
            await self._ctx.commit(change)
        self._ctx.count("qq_told")
        self._welcome(told)

    def _welcome(self, told: Told) -> None:
        welcome, data = self._config.welcome, told.data
        friend, group = data.get("openid"), data.get("group_openid")
        if told.kind == "FRIEND_ADD" and welcome.friend and isinstance(friend, str) and told.event:
            self._errands.welcome(Place("c2c", friend), welcome.friend, told.event)
        if told.kind == "GROUP_ADD_ROBOT" and welcome.group and isinstance(group, str) and told.event:
            self._errands.welcome(Place("group", group), welcome.group, told.event)

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)
