"""Every hook of the hub: signature, meaning, mode, deadline, and what an error does.

A plugin implements a hook by a method of the same name marked with `hookimpl`; it may take fewer arguments
than the hook has. pluggy checks names and arguments and keeps the order (the YAML's, then
``tryfirst``/``trylast``); `hub.calling` makes the calls. All hooks are ``async def``.

Modes:

* ``notify``: everybody is told, in order; nothing comes back.
* ``collect``: everybody is asked; the answers that are not None come back as a list.
* ``first``: asked in order until somebody answers something other than None.
* ``fold``: each gets what the one before returned; None means "unchanged".

`deadline` is seconds for one implementation. `on_error="skip"` goes on without the one that failed;
``"stop"`` gives up the whole call, for hooks that must not be passed by (filters).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import pluggy
from aiohttp import web

from hub.families import ClaimOffer, CustomerCard, Panel, Suggestion, SurveyAnswer, SurveyOffer
from hub.intents import Answer, Turn
from hub.plugin import Inbound
from hub.records import Agent, Conversation, Event, Identity, Message, Person

PROJECT: Final = "hub"
Mode = Literal["notify", "collect", "first", "fold"]
F = TypeVar("F", bound=Callable[..., Any])

hookimpl: Final = pluggy.HookimplMarker(PROJECT)
_hookspec: Final = pluggy.HookspecMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class Rules:
    """How one hook is called. `family` groups it in the documentation."""

    family: str
    mode: Mode
    deadline: float = 5.0
    on_error: Literal["skip", "stop"] = "skip"


def hook(
    family: str, mode: Mode, *, deadline: float = 5.0, on_error: Literal["skip", "stop"] = "skip"
) -> Callable[[F], F]:
    """Mark a method of `Hooks` as a hook with these rules."""

    def mark(function: F) -> F:
        function.rules = Rules(family, mode, deadline, on_error)  # type: ignore[attr-defined]
        return _hookspec(function)

    return mark


class Hooks:
    """The hooks. Each docstring is the reference; `docs/hooks.md` is checked against it."""

    # -- life cycle -------------------------------------------------------------------------

    @hook("life cycle", "notify")
    async def hub_started(self) -> None:
        """All instances had their first chance to start and the hub accepts messages."""

    @hook("life cycle", "collect")
    async def welcome(self, url: str) -> Sequence[str] | None:
        """The hub answers at `url`: lines for whoever started it on a terminal, such as a link to begin with."""

    @hook("life cycle", "notify")
    async def hub_stopping(self) -> None:
        """The hub is about to stop: channels still send, nothing new is accepted."""

    @hook("life cycle", "notify")
    async def instance_changed(self, name: str, state: str, reason: str) -> None:
        """An instance reached another state (running, retrying, suspended, failed, stopped …)."""

    # -- the way of a message ----------------------------------------------------------------

    @hook("channels", "fold", on_error="stop")
    async def filter_inbound(self, message: Message, conversation: Conversation, person: Person) -> Message | None:
        """Change a customer's message before anybody sees it (mask a card number, translate).

        Folds over `message`, of which only the body is taken. An error keeps the message back: it is tried again and becomes
        a dead letter.
        """

    @hook("channels", "fold", on_error="stop")
    async def filter_outbound(self, message: Message, conversation: Conversation, channel: str) -> Message | None:
        """Change a message before it is stored and goes to the customer on `channel`: a bot's, an agent's, the house's own.

        Folds over `message`, of which only the body is taken. Raise Rejected with a reason to keep it back: an agent or plugin
        that sends it gets Refused with that reason, a bot's answer becomes a note for the agents, who take over. It fails
        closed: after any other error nothing is sent either, the sender may try again, and a bot is asked again.
        """

    @hook("channels", "notify")
    async def message_stored(self, message: Message, conversation: Conversation) -> None:
        """A message has its place in the conversation.

        Best effort: for work that must not be missed subscribe to the event log.
        """

    @hook("channels", "notify")
    async def delivery_failed(self, message: Message, reason: str) -> None:
        """A message to the customer was given up: it is a dead letter now, or a note because a filter kept it back."""

    @hook("channels", "notify")
    async def conversation_changed(self, conversation: Conversation, before: Conversation | None) -> None:
        """A conversation was opened (`before` is None), changed owner, was closed or tagged."""

    # -- people ------------------------------------------------------------------------------

    @hook("people", "first", deadline=3.0)
    async def recognise(self, inbound: Inbound, identity: Identity) -> int | None:
        """Who is this? Asked for a sender nobody knows yet, before a new person is made of them.

        The answer is the id of the person they are; None for somebody new. `identity` is what is going to be stored. It is then
        linked to that person, by who answered (`Identity.source`), and the message goes on in that person's order: an open
        conversation takes it as a further leg.
        """

    @hook("people", "notify", deadline=3.0)
    async def arriving(self, inbound: Inbound, identity: Identity, channel: str) -> None:
        """A sender's message is about to be stored: all that the channel (an instance's name) says of them, each time.

        Awaited in the person's order, before bots are asked. What is stored here by `Context.commit` holds before the message
        does; after a crash, or a fault, the same message may come again.
        """

    @hook("people", "first")
    async def offer_claim(self, conversation: Conversation, by: str) -> ClaimOffer | None:
        """A way for this customer to go on with us on another channel and be known there: ask for one, and tell them.

        For bots, menus and agents: ``await ctx.house.calls.first("offer_claim", conversation=…, by=ctx.name)``.
        """

    @hook("people", "notify", deadline=10.0)
    async def person_erased(self, person: Person, identities: Sequence[Identity]) -> None:
        """Somebody's personal data was erased: forget what you keep of them, by `identities` or the person's id.

        Nobody else will. It comes to each instance once it runs, be it days later, for each person they were joined of, and again
        after an error or a crash. `person` is who is left, without a name; whoever came back meanwhile is another one.
        """

    # -- routing -----------------------------------------------------------------------------

    @hook("routing", "first", deadline=0.5)
    async def pick_agent(self, conversation: Conversation, person: Person, candidates: Sequence[Agent]) -> int | None:
        """Which of these agents, all able and free, gets this conversation? None leaves it to the routing rules."""

    # -- bots --------------------------------------------------------------------------------

    @hook("bots", "first", deadline=10.0)
    async def answer(self, turn: Turn) -> Answer | None:
        """Answer a customer while the bots own the conversation; None passes to the next bot."""

    # -- CRM ---------------------------------------------------------------------------------

    @hook("crm", "first", deadline=3.0)
    async def crm_lookup(self, identity: Identity, person: Person) -> CustomerCard | None:
        """Who is this? Asked beside the first message of each new identity; the first card is written to the person.

        Whom no CRM knew, or none could tell because of an error, is asked for again when they begin another conversation. A CRM
        that must not miss anybody looks into `crm_changes`.
        """

    @hook("crm", "notify", deadline=30.0, on_error="stop")
    async def crm_changes(self, changes: Sequence[Event]) -> None:
        """What happened, in order and without gaps, at most 100 events a call.

        Comes from a durable subscription of the instance: after an error or a crash the same events come again.
        """

    # -- surveys -----------------------------------------------------------------------------

    @hook("surveys", "first")
    async def survey_offer(self, conversation: Conversation, person: Person) -> SurveyOffer | None:
        """A conversation was closed: invite this person to a survey, or not (None).

        The first offer goes to the customer as a card, unless they have begun the next conversation meanwhile.
        """

    @hook("surveys", "notify")
    async def survey_answered(self, answer: SurveyAnswer) -> None:
        """A survey came back and is stored as an event of kind ``survey.answered``."""

    # -- workbench ---------------------------------------------------------------------------

    @hook("workbench", "first", deadline=3.0)
    async def signed_in(self, request: web.Request) -> Agent | None:
        """Who of those who serve makes this request, as far as whoever answers has signed them in; None for nobody.

        A request that changes something counts only with its protection against forgery. Ask by `House.agent_of`.
        """

    @hook("workbench", "notify", deadline=3.0)
    async def customer_typing(self, person: Person, conversation: Conversation, on: bool) -> None:
        """A customer began to type, or stopped. Passing news, told to whoever shows it to the agents."""

    @hook("workbench", "collect", deadline=3.0)
    async def desk_panels(self, conversation: Conversation, person: Person) -> Panel | None:
        """Something to show beside this conversation."""

    @hook("workbench", "collect", deadline=3.0)
    async def desk_suggestions(
        self, conversation: Conversation, person: Person, messages: Sequence[Message]
    ) -> Sequence[Suggestion] | None:
        """Replies to propose to the agent; `messages` are the latest, oldest first, at most 20."""

    @hook("workbench", "first", deadline=10.0, on_error="stop")
    async def explain_conversation(self, conversation: Conversation, locale: str) -> Sequence[dict[str, Any]] | None:
        """Why a conversation went the way it did: its steps in order, in `locale` (zh-CN or en).

        A step is ``{"at", "kind", "text", "message"}``: `at` in milliseconds, `kind` the event's, `text` for people, `message`
        the id of the message it is about (or empty).
        """


def rules_of(name: str) -> Rules:
    """The rules of the hook called `name`."""
    rules: Rules = getattr(Hooks, name).rules
    return rules


def hook_names() -> tuple[str, ...]:
    """All hooks, in the order of this file."""
    return tuple(name for name, value in vars(Hooks).items() if hasattr(value, "rules"))
