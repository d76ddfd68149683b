"""The plugin: who is who, on the way of each message and for those who serve."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import ClassVar, Final, TypeVar

from hub import (
    Answer,
    ClaimOffer,
    Conflict,
    Conversation,
    Identity,
    Inbound,
    Message,
    Plugin,
    PluginConfig,
    Refused,
    Sender,
    StoreUnavailable,
    Turn,
    hookimpl,
)  # fmt: skip
from hub.commands import HubConfig
from hub.pages import outcome_of
from hub_people import api
from hub_people.candidates import Candidates
from hub_people.checks import misfits_of
from hub_people.claims import Claim, Claims, PlaceOf
from hub_people.config import PeopleConfig
from hub_people.conflicts import Conflicts
from hub_people.erasing import Erasing
from hub_people.erasures import Erasures
from hub_people.forgetting import Forgetting
from hub_people.invitations import Invitations
from hub_people.keys import Policy
from hub_people.linking import Linking
from hub_people.reception import Reception
from hub_people.register import Register
from hub_people.waste import Waste
from hub_people.words import words

K = TypeVar("K")
V = TypeVar("V")
Job = Callable[[], Awaitable[None]]
TRIES: Final = 5
LONGEST_WAIT: Final = 60.0
REMEMBERED: Final = 5000


class People(Plugin[PeopleConfig]):
    """Recognises people across channels, joins and parts them, and issues claims. `register`, `claims` … are its parts."""

    Config: ClassVar[type[PluginConfig]] = PeopleConfig
    tables: ClassVar[str] = "hub_people.tables"

    @classmethod
    def misfits(cls, config: PeopleConfig, settings: HubConfig, locale: str) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """What cannot be meant, given the instances of the document."""
        return misfits_of(config, {one.name for one in settings.plugins if one.use != "people"}, locale)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve while this instance runs; first what an earlier run left half done."""
        ctx, config = self.ctx, self.config
        self.register = Register(ctx)
        self.candidates = Candidates(ctx)
        self.claims = Claims(ctx, config.claims)
        self.linking = Linking(ctx, Policy(config), self.register, self.candidates)
        self.reception = Reception(ctx, self.register, self.claims)
        self.conflicts = Conflicts(ctx, self.register.merges)
        self.erasures = Erasures(ctx)
        self.waste = Waste(ctx)
        self._forgetting = Forgetting(ctx, self.erasures, self.waste, config.erasures.days)
        self.erasing = Erasing(ctx, self.register.merges, self.erasures, self._forgetting, claims=self.claims)
        self.invitations = Invitations(ctx, self.claims)
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._refused: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._recognised: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._shown: OrderedDict[int, str] = OrderedDict()
        self._waiting: OrderedDict[int, tuple[Job, ...]] = OrderedDict()
        await self.claims.start()
        api.register(self)
        self.register.on_joined = self._announce
        ctx.task(self._work(), "people to join")
        ctx.task(self._forgetting.run(), "people to forget")
        await self._take_up()
        yield

    @hookimpl
    async def instance_changed(self, state: str) -> None:
        """Whoever runs now can forget whom they have still to forget, and the media store its files."""
        if state == "running":
            self._forgetting.wake()

    # -- on the way of a message --------------------------------------------------------------------

    @hookimpl
    async def recognise(self, inbound: Inbound, identity: Identity) -> int | None:
        """By a claim, else by a trusted key."""
        place, channel = place_of(identity), identity.source
        claim = await self._claim(place, channel, inbound)
        if claim is not None:
            return await self.register.merges.root(await self.claims.person_of(claim) or claim.person_id)
        self._remember(self._refused, (channel, inbound.key), None)
        known = await self.linking.person_of(inbound.sender, channel) or await self._known_as(inbound.sender, identity)
        if known is not None:
            self._remember(self._recognised, (channel, inbound.key), None)
        return known

    async def _known_as(self, sender: Sender, identity: Identity) -> int | None:
        """Who they were before the channel knew them, also where that person is known well, on other channels only."""
        before = await self.ctx.reading.identity(*place_of(identity)[:2], sender.known_as) if sender.known_as else None
        if before is None or not sender.verified:
            return None
        others = await self.ctx.reading.identities(before.person_id)
        taken = any(one.verified and place_of(one)[:2] == place_of(identity)[:2] for one in others)
        return None if taken else before.person_id

    @hookimpl
    async def arriving(self, inbound: Inbound, identity: Identity, channel: str) -> None:
        """Keep the keys it brings, and take a claim it shows; what they lead to comes when it is stored."""
        # An agent had the conversation when they showed a code, so that no bot was asked about it: this message is another one.
        self._shown.pop(identity.id, None)
        if await self.linking.keep(identity, inbound.sender, channel):
            self._when_stored(identity, partial(self.linking.link, identity.id))
        if (channel, inbound.key) in self._recognised:
            self._when_stored(identity, partial(self.linking.write_down, identity.id))
        if (channel, inbound.key) in self._refused:
            return
        if inbound.author is None and await self.claims.at_home(identity.id, inbound.body):
            self._remember(self._shown, identity.id, "elsewhere")
            return
        claim = await self._claim(place_of(identity), channel, inbound)
        if claim is not None:
            claim = await self.claims.identified(claim, identity.id)
            self._remember(self._shown, identity.id, "connected")
            self._when_stored(identity, partial(self.reception.join, claim))

    async def _claim(self, place: PlaceOf, channel: str, inbound: Inbound) -> Claim | None:
        # A group is not the customer because somebody in it knows a code, and staff are none.
        return None if inbound.author is not None else await self.claims.shown(place, channel, inbound.body)

    @hookimpl(tryfirst=True)
    async def answer(self, turn: Turn) -> Answer | None:
        """A code is no question: no bot is asked. The customer hears that they are connected, or where else to write it."""
        match self._shown.pop(turn.identity.id, ""):
            case "connected":
                return Answer(())
            case "elsewhere":
                return Answer.of(words("elsewhere", turn.locale))
        return None

    @hookimpl
    async def message_stored(self, message: Message, conversation: Conversation) -> None:
        """Do what waited for it, and tell the agents of a leg that has come."""
        dossier = await self.ctx.house.dossier(conversation.person_id)
        leg = dossier.legs.get(message.leg_id) if dossier is not None else None
        if leg is None or message.direction != "in":
            return
        for job in self._waiting.pop(leg.identity_id, ()):
            self._soon(job)
        # After those: a leg that came by a claim is announced as such.
        self._soon(partial(self.reception.heard, message, conversation, leg))

    @hookimpl
    async def offer_claim(self, conversation: Conversation, by: str) -> ClaimOffer | None:
        """For bots, menus and whoever else wants one."""
        return await self.invitations.offer(conversation, by)

    @staticmethod
    def _remember(among: OrderedDict[K, V], key: K, value: V) -> None:
        among[key] = value
        if len(among) > REMEMBERED:
            among.popitem(last=False)

    # -- what comes after ---------------------------------------------------------------------------

    def _announce(self, conversation_id: int, legs: tuple[int, ...]) -> None:
        self._soon(partial(self.reception.announce, conversation_id, legs))

    def _when_stored(self, identity: Identity, job: Job) -> None:
        """Once their message is stored: a new identity is not there before. After a crash `_take_up` finds what is left."""
        self._remember(self._waiting, identity.id, (*self._waiting.get(identity.id, ()), job))

    async def idle(self) -> None:
        """Return when nobody is left to be joined or announced."""
        await self._jobs.join()

    def _soon(self, job: Job) -> None:
        self._jobs.put_nowait(job)

    async def _take_up(self) -> None:
        for claim in await self.claims.redeemed():
            if claim.identity_id:
                self._soon(partial(self.reception.join, claim))
        for identity in await self.linking.unlinked():
            self._soon(partial(self.linking.link, identity))
        for identity in await self.linking.unwritten():
            self._soon(partial(self.linking.write_down, identity))
        for conversation, leg in await self.reception.unannounced():
            self._announce(conversation, (leg,))

    async def _work(self) -> None:
        while True:
            job = await self._jobs.get()
            await self._do(job)
            self._jobs.task_done()

    async def _do(self, job: Job) -> None:
        tried = conflicts = 0
        while True:
            outcome = await outcome_of(job())
            match outcome.error:
                case None:
                    return
                case Conflict() if (conflicts := conflicts + 1) < TRIES:
                    continue
                case StoreUnavailable():
                    # However long that takes: what was shown is owed, and nothing else could be done without the store either.
                    tried += 1
                    await self.ctx.clock.sleep(min(LONGEST_WAIT, 2.0**tried))
                case Refused(code="same_person" | "stopping" | "not_found"):
                    return
                case error:
                    # What is left is found again by the next start.
                    self.ctx.log.error("people could not be joined", error=str(error), exc_info=error)
                    return


def place_of(identity: Identity) -> PlaceOf:
    """Platform, scope and external id."""
    return (identity.platform, identity.scope, identity.external_id)
