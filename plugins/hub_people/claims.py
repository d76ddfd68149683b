"""Claims: one-time proofs that somebody on another channel is the customer of a conversation.

One is issued in a conversation, shown once on another channel within its minutes, and redeemed in the order of whoever shows
it, before their message is stored. What it leads to is done afterwards (`hub_people.reception`), also after a crash.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from hub import Body, Conflict, Context, Conversation
from hub.tables import Change, Row
from hub_people.codes import Digests, code_in, new_code, new_token, token_in
from hub_people.config import Claims as Settings
from hub_people.guesses import Guesses
from hub_people.tables import Statements
from hub_people.words import refused

_LIVE: Final = "SELECT * FROM people_claim WHERE state = 'live' AND expires_at > ? ORDER BY id"
_REDEEMED: Final = "SELECT * FROM people_claim WHERE state = 'redeemed' ORDER BY id"
PlaceOf = tuple[str, str, str]
"""Platform, scope and external id of whoever writes."""


class Issued(NamedTuple):
    """A new claim. `code` is four digits, `token` for links and QR codes; neither can be read again."""

    id: int
    code: str
    token: str
    expires_at: int


class Claim(msgspec.Struct, frozen=True):
    """A claim as it is stored."""

    id: int
    conversation_id: int
    person_id: int
    via_id: int
    code: str
    token: str
    issued_by: str
    issued_at: int
    expires_at: int
    state: str
    who: str
    identity_id: int
    redeemed_at: int | None


def _claim(row: Row) -> Claim:
    return Claim(**dict(row))


class Claims:
    """Issues and redeems. The live ones are in memory: a message that is no code costs nothing."""

    def __init__(self, ctx: Context, settings: Settings) -> None:
        self._ctx = ctx
        self._settings = settings
        self._digests = Digests(ctx.secret("claims"))
        self._guesses = Guesses(ctx, settings)
        self._live: dict[int, Claim] = {}

    @property
    def seconds(self) -> float:
        """How long a claim is good for."""
        return self._settings.minutes * 60

    async def start(self) -> None:
        """Learn which are live."""
        rows = await self._ctx.reader.all(_LIVE, self._now())
        self._live = {row["id"]: _claim(row) for row in rows}
        await self._guesses.start()

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)

    def _current(self) -> Sequence[Claim]:
        now = self._now()
        self._live = {id: claim for id, claim in self._live.items() if claim.expires_at > now}
        return tuple(self._live.values())

    # -- issuing ------------------------------------------------------------------------------------

    async def issue(self, conversation: Conversation, by: str) -> Issued:
        """A claim for the customer of this open conversation; `by` is a login or an instance.

        Raises Refused (409 ``closed``, 503 ``too_many_claims``).
        """
        if conversation.status != "open":
            raise refused("closed", self._ctx.locale)
        current = self._current()
        if len(current) >= self._settings.live:
            # The more codes are good, the easier it is to guess one.
            raise refused("too_many_claims", self._ctx.locale)
        taken = {claim.code for claim in current}
        code = new_code(lambda one: self._digests.of("code", one) in taken)
        issued = Issued(self._ctx.new_id(), code, new_token(), self._now() + int(self.seconds * 1000))
        claim = self._made(issued, conversation, await self._last_written(conversation), by)
        change = Change()
        change.write(Statements.add_claim, msgspec.structs.astuple(claim))
        about = {"claim": str(issued.id), "by": by, "expires_at": issued.expires_at}
        change.event("person.claim_issued", self._now(), claim.person_id, conversation.id, data=about)
        # Known before it is stored, so that nobody gets the same code meanwhile.
        self._live[claim.id] = claim
        change.failed.append(lambda: self._forget(claim))
        await self._ctx.commit(change)
        self._ctx.count("claims_issued")
        return issued

    def _forget(self, claim: Claim) -> None:
        self._live.pop(claim.id, None)

    def void(self, people: Collection[int], conversations: Collection[int]) -> None:
        """Those issued to these people, or in these conversations, were taken back."""
        for claim in [one for one in self._live.values() if one.person_id in people or one.conversation_id in conversations]:
            self._forget(claim)

    def _made(self, issued: Issued, conversation: Conversation, via: int, by: str) -> Claim:
        code, token = self._digests.of("code", issued.code), self._digests.of("token", issued.token)
        head = (issued.id, conversation.id, conversation.person_id, via, code, token, by[:200], self._now(), issued.expires_at)
        return Claim(*head, "live", "", 0, None)

    async def _last_written(self, conversation: Conversation) -> int:
        """The identity that wrote last: what is in mind is newer than what is stored."""
        dossier = await self._ctx.house.dossier(conversation.person_id)
        current = dossier is not None and dossier.conversation is not None and dossier.conversation.id == conversation.id
        legs = dossier.legs.values() if dossier is not None and current else await self._ctx.reading.legs(conversation.id)
        latest = max(legs, key=lambda leg: leg.last_inbound_at, default=None)
        return latest.identity_id if latest is not None else 0

    # -- redeeming ----------------------------------------------------------------------------------

    async def shown(self, place: PlaceOf, channel: str, body: Body) -> Claim | None:
        """The claim that a message shows, from now on nobody else's; None where it shows none.

        The same message again (after a crash) shows the same claim. A code nobody has counts against who wrote it.
        """
        code, token = code_in(body), token_in(body)
        if not code and not token:
            return None
        who = self._digests.of("who", "\0".join(place))
        digest = self._digests.of("code", code) if code else self._digests.of("token", token)
        again = await self._again(who, digest)
        if again is not None:
            return again
        current = self._current()
        if not current and code:
            # Four digits are a code only while there are codes.
            return None
        everybody = self._digests.of("channel", channel)
        if self._guesses.locked(who, everybody):
            self._ctx.count("claims_locked")
            return None
        found = self._digests.matching(digest, [claim.code if code else claim.token for claim in current])
        if found < 0:
            await self._guesses.wrong(who, everybody)
            return None
        return await self._redeem(current[found], who)

    async def at_home(self, identity_id: int, body: Body) -> bool:
        """Is this a good code, or link, written where it was issued? There it leads nowhere, and stays good for elsewhere."""
        code, token = code_in(body), token_in(body)
        current = self._current() if code or token else ()
        digest = self._digests.of("code", code) if code else self._digests.of("token", token)
        found = self._digests.matching(digest, [claim.code if code else claim.token for claim in current])
        if found < 0:
            return False
        legs = await self._ctx.reading.legs(current[found].conversation_id)
        return any(leg.identity_id == identity_id for leg in legs)

    async def _again(self, who: str, digest: str) -> Claim | None:
        sql = "SELECT * FROM people_claim WHERE state = 'redeemed' AND who = ? AND (code = ? OR token = ?)"
        row = await self._ctx.reader.one(sql, who, digest, digest)
        return _claim(row) if row is not None else None

    async def _redeem(self, claim: Claim, who: str) -> Claim | None:
        change, now = Change(), self._now()
        change.write(Statements.redeem, ("redeemed", who, now, claim.id, "live"))
        self._guesses.right(who, change)
        self._live.pop(claim.id, None)
        try:
            await self._ctx.commit(change)
        except Conflict:
            return None
        return msgspec.structs.replace(claim, state="redeemed", who=who, redeemed_at=now)

    async def identified(self, claim: Claim, identity_id: int) -> Claim:
        """The identity that showed it, now that it is known."""
        change = Change()
        change.write(Statements.identify_claim, (identity_id, claim.id))
        await self._ctx.commit(change)
        return msgspec.structs.replace(claim, identity_id=identity_id)

    def settle(self, claim: Claim, state: str) -> Change:
        """The end of a redeemed claim."""
        change = Change()
        change.write(Statements.settle_claim, (state, claim.id, "redeemed"))
        return change

    async def redeemed(self) -> Sequence[Claim]:
        """Those that were shown and led to nothing yet: the hub ended in that moment."""
        return [_claim(row) for row in await self._ctx.reader.all(_REDEEMED)]

    async def person_of(self, claim: Claim) -> int | None:
        """Whose it is by now: whoever has the identity it was issued to, also after people have parted, else the conversation."""
        for table, id in (("identity", claim.via_id), ("conversation", claim.conversation_id)):
            found = await self._ctx.reader.value(f"SELECT person_id FROM {table} WHERE id = ?", id)
            if found is not None:
                return int(found)
        return None

    async def is_redeemed(self, claim: Claim) -> bool:
        """Was it shown, and is what it leads to still to be done?"""
        return bool(await self._ctx.reader.value("SELECT state FROM people_claim WHERE id = ?", claim.id) == "redeemed")

    async def by_token(self, token: str) -> Claim | None:
        """The live claim of a link; None for any other token, at the same cost."""
        current = self._current()
        found = self._digests.matching(self._digests.of("token", token), [claim.token for claim in current])
        return current[found] if found >= 0 else None

    async def of(self, conversation_id: int) -> Sequence[dict[str, Any]]:
        """The claims of a conversation, the newest first, for people: whether they were used, and until when they are good."""
        sql = "SELECT * FROM people_claim WHERE conversation_id = ? ORDER BY id DESC LIMIT 20"
        now = self._now()
        return [
            {
                "id": str(row["id"]),
                "state": "expired" if row["state"] == "live" and row["expires_at"] <= now else row["state"],
                "issued_by": row["issued_by"],
                "issued_at": row["issued_at"],
                "expires_at": row["expires_at"],
            }
            for row in await self._ctx.reader.all(sql, conversation_id)
        ]
