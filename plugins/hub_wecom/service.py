"""Who serves: what happens to the hub's conversation is done to the platform's session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hub import Context, Conversation, Event, Leg, Text
from hub.house import Scene
from hub_wecom.addresses import Address
from hub_wecom.codes import KfError
from hub_wecom.config import WeComConfig
from hub_wecom.happenings import SYSTEM, Happenings
from hub_wecom.sending import Sending
from hub_wecom.sessions import WAYS, Sessions, State
from hub_wecom.words import words

EVENTS: Final = ("conversation.opened", "conversation.queued", "conversation.assigned", "conversation.closed")
JOB: Final = "settle"
LOOK_AGAIN: Final = 1.0
LONGEST_WAIT: Final = 60_000
"""Milliseconds a change waits for what was said before it."""

REMEMBERED: Final = 10_000
TOLD_AGAIN: Final = 600.0
"""Seconds in which a customer hears only once that nobody is there."""


class Service:
    """Follows the event log; each conversation is settled by a durable job, so that a change outlives a crash."""

    def __init__(
        self, ctx: Context, config: WeComConfig, sessions: Sessions, sending: Sending, happenings: Happenings
    ) -> None:
        self._ctx = ctx
        self._config = config
        self._sessions = sessions
        self._sending = sending
        self._happenings = happenings
        self._told: dict[Address, float] = {}

    def begin(self) -> None:
        """Follow from now on."""
        self._ctx.job(JOB, self.settle)
        self._ctx.subscribe("service", self._hear, kinds=EVENTS)

    async def _hear(self, events: Sequence[Event]) -> None:
        for conversation_id in dict.fromkeys(event.conversation_id for event in events):
            if await self._legs(conversation_id):
                await self._later(conversation_id, 0)

    async def _later(self, conversation_id: int, after: float) -> None:
        await self._ctx.schedule(JOB, after, {"conversation": conversation_id}, key=str(conversation_id))

    async def _legs(self, conversation_id: int) -> list[Leg]:
        return [leg for leg in await self._ctx.reading.legs(conversation_id) if leg.channel == self._ctx.name]

    # -- one conversation -----------------------------------------------------------------------------

    async def settle(self, payload: dict[str, Any]) -> None:
        """Bring the session of each leg into the state that fits the conversation as it is now."""
        conversation = await self._ctx.reading.conversation(int(payload["conversation"]))
        if conversation is None or await self._is_old(conversation):
            return
        legs = await self._legs(conversation.id)
        if await self._says_something(conversation, legs):
            await self._later(conversation.id, LOOK_AGAIN)
            return
        for leg in legs:
            try:
                await self._settle(conversation, Address.of(leg.address))
            except KfError as error:
                # To ask again would not change it: the account is gone, or not ours.
                self._ctx.log.error("WeCom does not tell of a session", address=leg.address, error=str(error))

    async def _is_old(self, conversation: Conversation) -> bool:
        latest = await self._ctx.reading.latest_conversation(conversation.person_id)
        return latest is not None and latest.id != conversation.id

    async def _says_something(self, conversation: Conversation, legs: Sequence[Leg]) -> bool:
        """Is something on its way to the customer that would not arrive after the change?"""
        addresses = {leg.id: Address.of(leg.address) for leg in legs}
        for said in reversed(await self._ctx.reading.messages(conversation.id, limit=20, public_only=True)):
            if said.direction not in ("out", "system") or said.leg_id not in addresses:
                continue
            if said.at < self._ctx.clock.now() * 1000 - LONGEST_WAIT or said.external_id or said.state == "failed":
                return False
            if said.author.kind == "agent":
                return said.state == "queued"
            return said.id > self._sending.ended.get(addresses[said.leg_id], 0)
        return False

    async def _settle(self, conversation: Conversation, address: Address) -> None:
        wanted, servicer = self._wanted(conversation)
        known = self._sessions.known(address) or await self._sessions.ask(address)
        if wanted is None:
            await self._nobody(conversation, known.state)
            return
        if known.state is wanted and known.servicer == servicer:
            return
        if wanted is State.ROBOT and known.state is not State.NEW:
            # A person in WeCom took it, or it waits for one there: that is theirs to end.
            return
        if wanted not in WAYS[known.state]:
            return
        try:
            await self._sessions.change(address, wanted, servicer)
        except KfError as error:
            await self._refused(conversation, address, servicer, error)

    def _wanted(self, conversation: Conversation) -> tuple[State | None, str]:
        """The state for a conversation as it is; None where the hub's agent has no place in WeCom."""
        if conversation.status == "closed":
            return State.ENDED, ""
        if self._config.served_by == "hub" or conversation.owner_kind == "bot":
            return State.ROBOT, ""
        if conversation.owner_kind == "queue":
            return State.POOL, ""
        agent = self._ctx.house.agents.known(int(conversation.owner_id))
        userid = self._config.servicers.get(agent.login, "") if agent is not None else ""
        return (State.HUMAN, userid) if userid else (None, "")

    # -- where it does not go -------------------------------------------------------------------------

    async def _nobody(self, conversation: Conversation, state: State) -> None:
        if state not in (State.POOL, State.HUMAN):
            return
        who = self._ctx.owner_name(conversation)

        async def play(scene: Scene) -> None:
            scene.say(SYSTEM, (Text(words("no_userid", self._ctx.locale, who=who)),), note=True)

        await self._happenings.play(conversation, play)

    async def _refused(self, conversation: Conversation, address: Address, servicer: str, error: KfError) -> None:
        """The platform does not want it: without the servicer who is not there, the queue gets the conversation back."""
        self._ctx.count("wecom_transfers_refused")
        self._ctx.log.warning("WeCom does not change a session", conversation=conversation.id, error=str(error))
        await self._sessions.ask(address)
        if not servicer or conversation.owner_kind != "agent":
            return
        who, locale = self._ctx.owner_name(conversation), self._ctx.locale
        tell = self._told.get(address, float("-inf")) + TOLD_AGAIN < self._ctx.clock.monotonic()

        async def play(scene: Scene) -> None:
            now = scene.conversation
            if now is None or (now.owner_kind, now.owner_id) != (conversation.owner_kind, conversation.owner_id):
                return
            why = words("offline", locale, who=who, why=f"{error.number} {error.told}")
            scene.say(SYSTEM, (Text(why),), note=True)
            scene.hand_over("returned", "")
            if tell:
                scene.say(SYSTEM, (Text(words("please_wait", scene.person.locale or locale)),))

        self._told.pop(address, None)
        self._told[address] = self._ctx.clock.monotonic()
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        await self._happenings.play(conversation, play)
