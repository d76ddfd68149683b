"""Who is who over HTTP, for the pages of those who serve.

Everybody may look at the customers they see, issue claims and answer questions about them; to part and to erase people is for
supervisors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from hub import Agent, Conflict, Conversation, Person, Refused
from hub.house import Role, sees
from hub.pages import ID, Operation, Parameter, answer, id_in_path, number, only_known, read_json, whole
from hub.tables import marks
from hub_people import page
from hub_people.erasures import LAST
from hub_people.merging import Why
from hub_people.shapes import erasure_shape, identity_shape, leg_shape, link_shape, merge_shape, person_shape
from hub_people.words import changed, refused

if TYPE_CHECKING:
    from hub_people.plugin import People

Guarded = Callable[[web.Request, Agent], Awaitable[web.Response]]
SUPERVISORS: Final[tuple[Role, ...]] = ("supervisor", "admin")
MOST: Final = 200
_PAGE: Final = (Parameter("before", ID, "only what is older"), Parameter("limit", whole(1, MOST, 50), "how many"))


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No data."""


class Merge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Join with this person."""

    other: Annotated[str, Meta(pattern="^[0-9]{1,18}$")]


class Decide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep what stands, or take the other value."""

    choice: Literal["keep", "take"]


class Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`finish` ends an open conversation first; without it such a customer is not erased."""

    finish: bool = False


def register(people: People) -> None:
    """Serve all of it, and the page of claims' links."""
    book, asked = Book(people), Requests(people)
    one, talk = "/api/people/{id}", "/api/people/conversations/{id}"
    whole_person = ["person", "identities", "merges", "candidates", "conflicts", "erasing"]
    left = "What plugins have still to erase"
    book.add("GET", "/api/people/erasures", asked.erasures, left, SUPERVISORS, gives=["erasures", "files", "days"])
    book.add("GET", one, asked.person, "A customer: identities, what was joined, what is to be decided", gives=whole_person)
    book.add("GET", f"{one}/links", asked.links, "Who was linked, by whom and why", gives=["links", "more"], query=_PAGE)
    book.add("POST", f"{one}/merge", asked.merge, "Join with another customer", SUPERVISORS, body=Merge, gives=["person"])
    book.add("POST", f"{one}/erase", asked.erase, "Erase the personal data", SUPERVISORS, body=Erase, gives=["erased"])
    undo = "/api/people/merges/{id}/undo"
    book.add("POST", undo, asked.undo, "Part two who were joined", SUPERVISORS, body=Nothing, gives=["survivor", "merged"])
    question = "/api/people/candidates/{id}"
    book.add("POST", f"{question}/confirm", asked.confirm, "They are the same person", body=Nothing, gives=["person"])
    book.add("POST", f"{question}/reject", asked.reject, "They are not", body=Nothing)
    book.add("POST", "/api/people/conflicts/{id}", asked.decide, "Which value is right", body=Decide)
    book.add("GET", f"{talk}/legs", asked.legs, "Where the customer can be answered", gives=["legs"])
    book.add("GET", f"{talk}/claims", asked.claims, "The claims issued in it", gives=["claims"])
    offered = ["code", "link", "qr", "expires_at", "invitations"]
    book.add("POST", f"{talk}/claims", asked.issue, "Issue a claim: a code, a link, QR codes", body=Nothing, gives=offered)
    page.register(people)


class Book:
    """Adds routes for those who are signed in, in these `roles` where some are named."""

    def __init__(self, people: People) -> None:
        self._ctx = people.ctx

    def add(
        self, method: str, path: str, handler: Guarded, summary: str, roles: Sequence[Role] = (), *,
        body: Any = None, gives: Sequence[str] = (), query: Sequence[Parameter] = (),
    ) -> None:  # fmt: skip
        """One of them."""
        errors = (400, *([403] if roles else []), *([409] if method == "POST" else []))
        response = {"type": "object", "required": list(gives)}
        doc = Operation(
            summary, request=body, response=response, errors=errors, parameters=tuple(query), security="session", tags=("People",)
        )

        async def checked(request: web.Request) -> web.Response:
            only_known(request, doc)
            return await handler(request, await self._ctx.house.agent_of(request, *roles))

        self._ctx.route(method, path, checked, doc=doc)


class Requests:
    """The handlers."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._ctx = people.ctx

    # -- what there is ------------------------------------------------------------------------------

    async def _person(self, id: int, agent: Agent) -> Person:
        """The customer this id means by now, if the agent sees them. Raises Refused (404)."""
        root = await self._people.register.merges.root(id)
        person, latest = await self._ctx.reading.person(root), await self._ctx.reading.latest_conversation(root)
        if person is None or (agent.role == "agent" and (latest is None or not sees(agent, latest))):
            raise refused("not_found", self._ctx.locale)
        return person

    async def _conversation(self, request: web.Request, agent: Agent) -> Conversation:
        conversation = await self._ctx.reading.conversation(id_in_path(request))
        if conversation is None or not sees(agent, conversation):
            raise refused("not_found", self._ctx.locale)
        return conversation

    async def person(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"person", "identities", "merges", "candidates", "conflicts", "erasing"}`."""
        person = await self._person(id_in_path(request), agent)
        platforms = self._ctx.house.platforms
        known = await self._ctx.reading.identities(person.id)
        candidates = []
        for one in await self._people.candidates.of(person.id):
            other = await self._ctx.reading.person(int(one["person"]))
            if other is not None:
                candidates.append({**one, "person": {"id": str(other.id), "name": other.name, "tier": other.tier}})
        return answer({
            "person": person_shape(person),
            "identities": [identity_shape(identity, platforms) for identity in known],
            "merges": [merge_shape(record) for record in await self._people.register.merges.joined_with(person.id)],
            "candidates": candidates,
            "conflicts": await self._people.conflicts.of(person.id),
            "erasing": await self._people.erasures.waiting_for(person.id),
        })

    async def links(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"links", "more"}`, the newest first."""
        person = await self._person(id_in_path(request), agent)
        before, limit = number(request, "before", 0), number(request, "limit", 50, least=1, most=MOST)
        # Of those who were joined as well: by what each of the identities came.
        people = (person.id, *(record.merged_id for record in await self._people.register.merges.joined_with(person.id)))
        sql = (
            f"SELECT * FROM people_link WHERE (person_id IN ({marks(people)}) OR other_id IN ({marks(people)})) AND id < ?"
            " ORDER BY id DESC LIMIT ?"
        )
        rows = await self._ctx.reader.all(sql, *people, *people, before or LAST, limit + 1)
        return answer({"links": [link_shape(row) for row in rows[:limit]], "more": len(rows) > limit})

    async def legs(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"legs"}`, the one written on last first."""
        conversation = await self._conversation(request, agent)
        house = self._ctx.house
        dossier = await house.dossier(conversation.person_id)
        current = dossier is not None and dossier.conversation is not None and dossier.conversation.id == conversation.id
        legs = list(dossier.legs.values()) if dossier is not None and current else await self._ctx.reading.legs(conversation.id)
        chosen = await house.leg_to_answer([leg for leg in legs if leg.live])
        shapes = []
        for leg in sorted(legs, key=lambda leg: leg.last_inbound_at, reverse=True):
            answered = chosen is not None and chosen.id == leg.id
            shapes.append(leg_shape(leg, house.channels.get(leg.channel), await house.allowance(leg), answered=answered))
        return answer({"legs": shapes})

    # -- claims -------------------------------------------------------------------------------------

    async def claims(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"claims"}`, the newest first; what they say cannot be read again."""
        conversation = await self._conversation(request, agent)
        return answer({"claims": await self._people.claims.of(conversation.id)})

    async def issue(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"code", "link", "qr", "expires_at", "invitations": [{"channel", "platform", "title", "link", "qr"}]}`.

        Each `qr` is the address of a picture.
        """
        conversation = await self._conversation(request, agent)
        await read_json(request, Nothing)
        offer = await self._people.invitations.offer(conversation, agent.login)
        base = self._ctx.public_url or str(request.url.origin())
        link = offer.link if self._ctx.public_url else f"{base}{offer.link}"
        ways = []
        for name, where in offer.invitations.items():
            channel, whole_link = self._ctx.house.channels[name], f"{base}{where}" if where.startswith("/") else where
            named = {"channel": name, "platform": channel.platform, "title": channel.title or name}
            ways.append({**named, "link": whole_link, "qr": page.qr(whole_link)})
        facts = {"code": offer.code, "link": link, "qr": page.qr(link), "expires_at": offer.expires_at}
        return answer({**facts, "invitations": ways})

    # -- who is who ---------------------------------------------------------------------------------

    async def confirm(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"person"}`: who they are from now on."""
        await read_json(request, Nothing)
        id = id_in_path(request)
        one, two = await self._seen_pair(id, agent)
        # The merge answers the question in the same step. Whoever asks again, having heard nothing, learns what came of it.
        if one == two:
            return answer({"person": str(one)})
        host = await self._served_by(agent, one, two)
        try:
            person = await self._people.register.merge(one, two, Why(agent.login, "agent"), host=host)
        except (Conflict, Refused):
            # Another agent has said the same in this moment.
            person, two = await self._people.candidates.pair(id)
            if person != two:
                raise
        return answer({"person": str(person)})

    async def _served_by(self, agent: Agent, *people: int) -> int:
        """Whom of these people the agent has a conversation with; 0 for none."""
        for person in people:
            now = await self._ctx.reading.latest_conversation(person)
            if now is not None and (now.status, now.owner_kind, now.owner_id) == ("open", "agent", str(agent.id)):
                return person
        return 0

    async def reject(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`."""
        await read_json(request, Nothing)
        id = id_in_path(request)
        try:
            await self._seen_pair(id, agent)
            await self._people.candidates.reject(id, agent.login)
        except (Conflict, Refused) as error:
            # Another agent may have said the same; what else they may have said is told.
            if not await self._people.candidates.is_rejected(id):
                raise changed(self._ctx.locale) if isinstance(error, Conflict) else error from None
        return answer({})

    async def _seen_pair(self, id: int, agent: Agent) -> tuple[int, int]:
        """The two people; it is enough to see one of them, whose conversation shows the question."""
        one, two = await self._people.candidates.pair(id)
        latest = [await self._ctx.reading.latest_conversation(person) for person in (one, two)]
        if agent.role == "agent" and not any(now is not None and sees(agent, now) for now in latest):
            raise refused("not_found", self._ctx.locale)
        return one, two

    async def merge(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"person"}`."""
        asked = await read_json(request, Merge)
        one, other = await self._person(id_in_path(request), agent), await self._person(int(asked.other), agent)
        host = await self._served_by(agent, one.id, other.id)
        person = await self._people.register.merge(one.id, other.id, Why(agent.login, "agent"), host=host)
        return answer({"person": str(person)})

    async def undo(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"survivor", "merged"}`."""
        await read_json(request, Nothing)
        record = await self._people.register.unmerge(id_in_path(request), agent.login)
        return answer({"survivor": str(record.survivor_id), "merged": str(record.merged_id)})

    async def decide(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`."""
        asked, id = await read_json(request, Decide), id_in_path(request)
        await self._person(await self._people.conflicts.person_of(id), agent)
        await self._people.conflicts.decide(id, asked.choice, agent.login)
        return answer({})

    async def erase(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"erased": {"person", "messages", "identities", "files", "waiting"}}`; `waiting` are instances that follow later."""
        asked = await read_json(request, Erase)
        done = await self._people.erasing.erase(id_in_path(request), agent.login, finish=asked.finish)
        return answer({"erased": {**done._asdict(), "person": str(done.person)}})

    async def erasures(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"erasures": [{"person", "at", "waiting"}], "files", "days"}`, the oldest first.

        `waiting` are `{"instance", "state", "attempts", "error", "next_at"}`; the state is "absent" of one that the configuration
        does not have. `files` are those the media store has still to erase, `days` is for how long it is waited.
        """
        people = self._people
        states = {one.name: one.state for one in self._ctx.house.instances}
        listed = [erasure_shape(erasure, duties, states) for erasure, duties in await people.erasures.outstanding()]
        return answer({"erasures": listed, "files": await people.waste.count(), "days": people.config.erasures.days})
