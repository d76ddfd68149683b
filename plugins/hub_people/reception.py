"""Joint reception: what is done about a claim that was shown, and how agents hear that a customer writes on one leg more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hub import Author, Context, Conversation, Leg, Message, Refused, Text
from hub.house import Scene
from hub_people.claims import Claim, Claims
from hub_people.merging import Why
from hub_people.register import Register
from hub_people.tables import Statements
from hub_people.words import words

SAME: Final = "same_customer"
"""The code of the note that says a leg has come."""

_NOTED: Final = "SELECT 1 FROM message WHERE conversation_id = ? AND leg_id = ? AND code = ? LIMIT 1"
_UNNOTED: Final = (
    "SELECT leg.id, leg.conversation_id FROM leg JOIN conversation ON conversation.id = leg.conversation_id"
    " WHERE conversation.status = 'open' AND leg.opened_at > conversation.opened_at AND NOT EXISTS"
    " (SELECT 1 FROM message WHERE message.conversation_id = leg.conversation_id AND message.leg_id = leg.id AND code = ?)"
)


class Reception:
    """Brings people together with the conversation that waits for them."""

    def __init__(self, ctx: Context, register: Register, claims: Claims) -> None:
        self._ctx = ctx
        self._register = register
        self._claims = claims

    # -- claims -------------------------------------------------------------------------------------

    async def join(self, claim: Claim) -> None:
        """Whoever showed the claim is the customer it was issued to. Done once, also when it is asked for again."""
        row = await self._ctx.reader.one("SELECT person_id FROM identity WHERE id = ?", claim.identity_id)
        here = await self._claims.person_of(claim)
        if row is None or here is None or not await self._claims.is_redeemed(claim):
            # The message that showed it is tried again, and then comes here again; or the customer was erased meanwhile.
            return
        customer, person = await self._register.merges.root(here), row["person_id"]
        if person != customer:
            # Whoever issued it keeps the customer, also from somebody who serves them elsewhere.
            person = await self._register.merge(customer, person, Why(claim.issued_by, "claim"), host=customer)
        dossier = await self._ctx.house.dossier(person)
        conversation = dossier.conversation if dossier is not None else None
        if conversation is None or conversation.status != "open":
            await self._ctx.commit(self._claims.settle(claim, "joined"))
            return
        await self._ctx.house.play(conversation.id, self._ctx.name, lambda scene: self._welcome(scene, claim))

    async def _welcome(self, scene: Scene, claim: Claim) -> None:
        if not await self._claims.is_redeemed(claim):
            return
        scene.change.write(Statements.settle_claim, ("joined", claim.id, "redeemed"))
        now = (self._ctx.new_id(), scene.now, "claimed", scene.person.id, claim.person_id, claim.identity_id)
        scene.change.write(Statements.add_link, (*now, 0, "claim", 1.0, claim.issued_by))
        mine = [leg for leg in scene.legs.values() if leg.identity_id == claim.identity_id]
        if mine:
            await self._note(scene, mine[-1], "same:claim")
            locale = scene.person.locale or self._ctx.locale
            author = Author("bot", self._ctx.name, self._ctx.owner_name(BOTS))
            scene.say(author, (Text(words("connected", locale)),), leg_id=mine[-1].id)

    # -- legs ---------------------------------------------------------------------------------------

    async def heard(self, message: Message, conversation: Conversation, leg: Leg) -> None:
        """A message has its place: where it is the first of a leg that is not the conversation's first, agents are told."""
        # A leg is made after the message that opens it was received, so only then its id is the greater one.
        if conversation.status == "open" and message.id < leg.id and leg.opened_at > conversation.opened_at:
            await self.announce(conversation.id, (leg.id,))

    async def announce(self, conversation_id: int, legs: Sequence[int]) -> None:
        """Tell the agents, in the conversation, which legs have come; each once."""

        async def play(scene: Scene) -> None:
            for leg in [leg for leg in scene.legs.values() if leg.id in legs]:
                await self._note(scene, leg, "same")

        try:
            await self._ctx.house.play(conversation_id, self._ctx.name, play)
        except Refused as error:
            if error.code not in ("closed", "not_found"):
                raise

    async def _note(self, scene: Scene, leg: Leg, code: str) -> None:
        conversation = scene.conversation
        assert conversation is not None
        if len(scene.legs) < 2 or await self._ctx.reader.one(_NOTED, conversation.id, leg.id, SAME) is not None:
            return
        channel = self._ctx.house.channels.get(leg.channel)
        title = (channel.title if channel is not None else "") or leg.channel
        text = Text(words(code, self._ctx.locale, channel=title))
        facts = {"leg": str(leg.id), "channel": leg.channel}
        scene.say(Author("system"), (text,), note=True, leg_id=leg.id, code=SAME, data=facts)

    async def unannounced(self) -> Sequence[tuple[int, int]]:
        """Conversation and leg of legs that nobody was told of: the hub ended in that moment."""
        rows = await self._ctx.reader.all(_UNNOTED, SAME)
        return [(row["conversation_id"], row["id"]) for row in rows]


BOTS: Final = Conversation(0, 0)
"""Anybody's: what its owner is called is what the house calls itself."""
