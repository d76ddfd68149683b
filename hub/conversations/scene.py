"""A scene: one step in a person's conversation, decided in memory and then stored whole.

Whoever has the person's lane plays one scene at a time: takes the dossier as it is, says what happens
(a message came, a bot answered, an agent took over), and ends with one `Change` for the committer. Until that is stored
nothing has happened; `install` then brings the dossier up to date.
"""

# ruff: noqa: I001 - several names a line

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from msgspec.structs import replace

from hub.conversations.texts import Texts
from hub.errors import Refused
from hub.intents import AssignAgent, AssignBot, Close, HandOver, Intent, Schedule, Send, SetAttributes, Tag
from hub.message import Body, Text, plain_text
from hub.people.dossiers import HISTORY, Dossier, IdentityKey
from hub.plugin import Inbound, Sender
from hub.records import (
    SYSTEM, Agent, Author, Conversation, Direction, Identity, Leg, Message, MessageState, OwnerKind, WaitReason,
)
from hub.store.change import Change, fitting
from hub.store.ids import Ids
from hub.store.rows import (
    conversation_change, conversation_row, conversation_talk, identity_row, leg_change, leg_row, outbox_row,
    person_change, person_row, timer_row,
)
from hub.store.statements import Statements

LEG_STORED_EVERY: Final = 30_000
"""A leg's last-inbound time is written at most this often (ms); after a crash it is that old at worst."""

LAST_TEXT: Final = 120
_ANSWERED: Final = {"unanswered_since": None, "unread": 0}
MAX_NAME: Final = 200
MAX_TIER: Final = 50


class Scene:
    """One step. `now` is milliseconds; `actor` is who makes it happen, for the log; a `stranger` is not in the store yet.

    `new_identities` are those that are linked in it, `kept_back` what filters did not let through, `moved` says that
    the conversation has another owner, status or tags.
    """

    def __init__(
        self, dossier: Dossier, ids: Ids, now: int, texts: Texts, actor: str = "", *, stranger: bool = False
    ) -> None:
        self.change = Change()
        self.person = dossier.person
        self.before = self.conversation = dossier.conversation
        self.legs = dossier.legs
        self.said: list[Message] = []
        self.outgoing: list[tuple[Message, Leg]] = []
        self.kept_back: list[Message] = []
        self.new_identities: dict[IdentityKey, Identity] = {}
        self.now = now
        self.actor = actor
        self.dossier = dossier
        self._ids = ids
        self._texts = texts
        self._stranger = stranger
        self.moved = False
        # Of the conversation when it is stored.
        self._version = dossier.conversation.version + 1 if dossier.conversation is not None else 0

    # -- what the customer does --------------------------------------------------------------------

    def identify(self, channel: str, platform: str, inbound: Inbound, source: str) -> Identity:
        """The identity behind an inbound message; a new one is linked to the person, by `source`."""
        sender = inbound.sender
        key = (platform, sender.scope or channel, sender.external_id)
        if not self._stranger:
            self._fill_gaps(sender)
        known = self.dossier.identities.get(key)
        if known is not None:
            return known
        identity = Identity(self._ids.next(), *key, self.person.id, sender.verified, source, self.now)
        self.new_identities[key] = identity
        self.change.write(Statements.add_identity, identity_row(identity))
        return identity

    def _fill_gaps(self, sender: Sender) -> None:
        attributes = sender.attributes
        new = {name: attributes[name] for name in attributes.keys() - self.person.attributes.keys()} if attributes else attributes
        better = sender.name and sender.verified > self.person.verified
        name = fitting(sender.name, MAX_NAME) if better else self.person.name
        if new or name != self.person.name or sender.verified > self.person.verified:
            verified, attributes = self.person.verified or sender.verified, {**self.person.attributes, **new}
            self.person = replace(self.person, name=name, verified=verified, attributes=attributes)

    def arrive(self, channel: str, inbound: Inbound, identity: Identity, *, owner: OwnerKind, team: str) -> Leg:
        """Bring the message's leg into the open conversation; opens one where there is none.

        `owner` is ``bot`` or ``queue``: who gets a new conversation first.
        """
        conversation = self.conversation
        if conversation is None or conversation.status == "closed":
            conversation = self._open(owner, team)
        address = inbound.address or inbound.sender.external_id
        for leg in self.legs.values():
            if leg.channel == channel and leg.address == address:
                return self._heard_on(leg, inbound)
        place = (self._ids.next(), conversation.id, channel, address, identity.id)
        leg = Leg(*place, opened_at=self.now, last_inbound_at=self.now, context=inbound.context)
        self.legs = {**self.legs, leg.id: leg}
        self.change.write(Statements.add_leg, leg_row(leg))
        self.dossier.stored_leg_at[leg.id] = self.now
        return leg

    def _heard_on(self, leg: Leg, inbound: Inbound) -> Leg:
        if inbound.author is not None and inbound.author.kind == "agent":
            return leg
        stored = self.dossier.stored_leg_at.get(leg.id, 0)
        fresh = replace(leg, last_inbound_at=self.now, context=inbound.context or leg.context)
        # To the end: the customer wrote here last.
        self.legs = {**{id: other for id, other in self.legs.items() if id != leg.id}, leg.id: fresh}
        if fresh.context != leg.context or self.now - stored > LEG_STORED_EVERY:
            self.change.write(Statements.change_leg, leg_change(fresh))
            self.dossier.stored_leg_at[leg.id] = self.now
        return fresh

    def _open(self, owner: OwnerKind, team: str) -> Conversation:
        opened = Conversation(self._ids.next(), self.person.id, owner_kind=owner, team=team, opened_at=self.now)
        if owner == "queue":
            opened = replace(opened, owner_id=team, reason="no_bot", waiting_since=self.now)
        self.before, self.conversation, self.legs, self._version = None, opened, {}, opened.version
        self._event("conversation.opened", {"owner": owner, "team": team})
        return opened

    def hear(self, message: Message) -> None:
        """The customer's message takes its place; or what somebody of us has told them elsewhere."""
        conversation = self._open_conversation()
        since = conversation.unanswered_since
        if message.direction == "out":
            self._place(message, None, _ANSWERED)
        else:
            waits = {"unread": conversation.unread + 1, "unanswered_since": message.at if since is None else since}
            self._place(message, None, waits)

    # -- what is said to the customer --------------------------------------------------------------

    def say(
        self, author: Author, body: Body, *, note: bool = False, leg_id: int | None = None,
        client_id: str = "", code: str = "", data: dict[str, Any] | None = None,
    ) -> Message:  # fmt: skip
        """Add a message from our side: to the customer, or a note for the agents.

        Raises Refused when there is no leg to send it on.
        """
        conversation = self._any_conversation()
        leg = self._leg_for(leg_id)
        ids = (self._ids.next(), conversation.id, leg.id, self.person.id)
        direction: Direction = "note" if note else "system" if code else "out"
        # Only an agent waits to see it go; for the others pages hear of it when it does not.
        state: MessageState = "received" if note else "queued" if author.kind == "agent" else "sent"
        message = Message(*ids, direction, author, body, self.now, state, client_id, code=code)
        self._place(message, data, _ANSWERED if author.kind == "agent" and not note else {})
        if not note:
            self.change.write(Statements.add_outbox, outbox_row(message, leg.channel))
            self.outgoing.append((message, leg))
        return message

    def _leg_for(self, leg_id: int | None) -> Leg:
        if leg_id is None and not self.legs:
            raise Refused(409, "no_leg", "this conversation has no leg to answer on")
        if leg_id is not None and leg_id not in self.legs:
            raise Refused(404, "no_such_leg", "this conversation has no such leg")
        return next(reversed(self.legs.values())) if leg_id is None else self.legs[leg_id]

    def line(self, code: str, **values: str) -> None:
        """A line of the house, such as "handed over", in the customer's language."""
        if self.legs:
            self.say(SYSTEM, (Text(self._texts.line(code, self.person.locale, **values)),), code=code, data=dict(values))

    def _place(self, message: Message, data: dict[str, Any] | None, changes: dict[str, Any]) -> None:
        self.said.append(message)
        if message.direction in ("in", "out"):
            text = plain_text(message.body)[:LAST_TEXT].replace("\0", "")
            self._set(last_text=text, last_at=message.at, last_direction=message.direction, **changes)
        self.change.message_created(self.now, message, data)

    # -- what filters make of it -------------------------------------------------------------------

    def reword(self, message: Message, body: Body) -> None:
        """Say this instead. Without its code a line of the house is read as it stands, and not in a page's own words."""
        self._restate(message, replace(message, body=body, code=""))

    def keep_back(self, message: Message, reason: str) -> None:
        """Do not say it: it becomes a note, so that agents read what was to be said and why it was not."""
        note = replace(message, direction="note", state="failed", error=fitting(reason, 500))
        self.kept_back.append(note)
        self._restate(message, note)
        self.outgoing = [(said, leg) for said, leg in self.outgoing if said.direction != "note"]
        writes = self.change.writes
        self.change.writes = [one for one in writes if one[0] is not Statements.add_outbox or one[1][0] != message.id]

    def _restate(self, before: Message, after: Message) -> None:
        change = self.change
        self.said = [after if said is before else said for said in self.said]
        self.outgoing = [(after if said is before else said, leg) for said, leg in self.outgoing]
        change.events = [
            replace(event, message=after, public=after.direction != "note") if event.message is before else event
            for event in change.events
        ]
        spoken = [said for said in self.said if said.direction in ("in", "out")]
        if spoken:
            text = fitting(plain_text(spoken[-1].body), LAST_TEXT)
            self._set(last_text=text, last_at=spoken[-1].at, last_direction=spoken[-1].direction)

    # -- who owns it -------------------------------------------------------------------------------

    def hand_over(self, reason: WaitReason, team: str) -> None:
        """Into the queue of `team`. The age of somebody who waits already is kept."""
        conversation = self._open_conversation()
        team = team or conversation.team
        unanswered = conversation.unanswered_since if conversation.owner_kind == "agent" else None
        waiting_since = conversation.waiting_since or unanswered or self.now
        if conversation.owner_kind == "queue" and conversation.team == team:
            return
        changes = {"team": team, "reason": reason, "waiting_since": waiting_since}
        self._give("queue", team, "conversation.queued", {"reason": reason, "team": team}, **changes)
        if reason not in ("returned", "transferred"):
            self.line("handed_over")

    def assign_agent(self, agent: Agent) -> None:
        """To an agent, who is announced to the customer."""
        self._give("agent", str(agent.id), "conversation.assigned", {"agent": str(agent.id), "name": agent.name})
        self.line("joined", name=agent.name)

    def assign_bot(self) -> None:
        """Back to the bots."""
        self._give("bot", "", "conversation.assigned", {"bot": True})

    def _give(self, kind: OwnerKind, owner_id: str, event: str, facts: dict[str, Any], **changes: Any) -> None:
        """To another owner. The log says who had it: whoever sees it no longer has to be told."""
        before = self._open_conversation()
        was = {"owner_kind": before.owner_kind, "owner_id": before.owner_id, "team": before.team}
        changes = {"reason": "", "waiting_since": None, **changes}
        self._move(owner_kind=kind, owner_id=owner_id, unsure=0, **changes)
        self._event(event, {**facts, "was": was})

    def count_unsure(self, unsure: bool) -> int:
        """How often in a row the bots were unsure, this time included."""
        conversation = self._open_conversation()
        count = conversation.unsure + 1 if unsure else 0
        if count != conversation.unsure:
            self._set(unsure=count)
        return count

    def read(self) -> None:
        """The desk has seen the customer's messages."""
        if self._any_conversation().unread:
            self._set(unread=0)
            self._event("conversation.read", {}, public=False)

    def close(self, tags: Iterable[str] = ()) -> None:
        """End the conversation; its legs end with it."""
        self._open_conversation()
        self.tag(tags)
        self.line("closed")
        self._move(status="closed", closed_at=self.now, waiting_since=None, unanswered_since=None)
        self._event("conversation.closed", {})
        self.legs = {number: replace(leg, live=False) for number, leg in self.legs.items()}
        for leg in self.legs.values():
            self.change.write(Statements.change_leg, leg_change(leg))

    def tag(self, tags: Iterable[str], *, without: Iterable[str] = ()) -> None:
        """Add tags that are not there yet, and take away those of `without` that are."""
        conversation = self._any_conversation()
        gone = [tag for tag in without if tag in conversation.tags]
        new = tuple(dict.fromkeys(tag for tag in tags if tag and tag not in conversation.tags))
        if new or gone:
            self._move(tags=tuple(tag for tag in conversation.tags if tag not in gone) + new)
            self._event("conversation.tagged", {"tags": list(new), **({"without": gone} if gone else {})}, public=False)

    def apply(self, intents: Iterable[Intent], author: Author, data: dict[str, Any] | None = None) -> None:
        """Do what a plugin wants. `AssignAgent` needs the agent's record and is done by the caller."""
        for intent in intents:
            match intent:
                case Send(body=body, visibility=visibility, leg=leg):
                    self.say(author, body, note=visibility == "note", leg_id=leg, data=data)
                case HandOver(reason=reason, team=team):
                    self.hand_over(reason, team)
                case AssignBot():
                    self.assign_bot()
                case Tag(tags=tags):
                    self.tag(tags)
                case SetAttributes():
                    self._set_person(intent)
                case Schedule(job=job, after=after, payload=payload):
                    timer, due = self._ids.next(), self.now + int(after * 1000)
                    facts = {**payload, "conversation": self._any_conversation().id}
                    self.change.write(Statements.put_timer, timer_row(timer, author.id, job, str(timer), due, facts))
                case Close(tags=tags):
                    self.close(tags)
                case AssignAgent():
                    raise Refused(409, "no_agent", "only the desk can assign an agent")

    def _set_person(self, intent: SetAttributes) -> None:
        facts = {**self.person.attributes, **intent.attributes}
        known = {name: value for name, value in facts.items() if value is not None}
        name = fitting(intent.name, MAX_NAME) or self.person.name
        tier = fitting(intent.tier, MAX_TIER) or self.person.tier
        self.person = replace(self.person, name=name, tier=tier, attributes=known)

    # -- the end -----------------------------------------------------------------------------------

    def finish(self) -> Change:
        """The whole step as one change."""
        if self._stranger:
            self.change.write(Statements.add_person, person_row(self.person))
        elif self.person is not self.dossier.person:
            self.change.write(Statements.change_person, person_change(self.person))
            self.change.event("person.changed", self.now, self.person.id, 0)
        before, now = self.before, self.conversation
        if now is not None and before is None:
            self.change.write(Statements.add_conversation, conversation_row(now))
        elif now is not None and before is not None and now is not before:
            if self.moved:
                self.change.write(Statements.change_conversation, conversation_change(now, before.version))
            else:
                self.change.write(Statements.talk_in_conversation, conversation_talk(now, before.version))
        self.change.after.append(self.install)
        return self.change

    def install(self) -> None:
        """The change is stored: the dossier now says so."""
        dossier = self.dossier
        if self.before is None and self.conversation is not None:
            dossier.history = deque(maxlen=HISTORY)
        dossier.person = self.person
        dossier.conversation = self.conversation
        dossier.legs = self.legs
        dossier.identities.update(self.new_identities)
        if dossier.history is not None:
            dossier.history.extend([message for message in self.said if message.direction != "note"])

    def _set(self, **changes: Any) -> None:
        """What a message changes; see `_move` for the rest."""
        assert self.conversation is not None
        self.conversation = replace(self.conversation, version=self._version, **changes)

    def _move(self, **changes: Any) -> None:
        """Another owner, another status, other tags."""
        self.moved = True
        self._set(**changes)

    def _any_conversation(self) -> Conversation:
        if self.conversation is None:
            raise Refused(404, "not_found", "there is no such conversation")
        return self.conversation

    def _open_conversation(self) -> Conversation:
        conversation = self._any_conversation()
        if conversation.status != "open":
            raise Refused(409, "closed", "this conversation is closed")
        return conversation

    def _event(self, kind: str, data: dict[str, Any], *, public: bool = True) -> None:
        facts = {**data, "by": self.actor} if self.actor else data
        conversation_id = self._any_conversation().id
        self.change.event(kind, self.now, self.person.id, conversation_id, public=public, data=facts)
