"""The routing policy: what the YAML may say below ``routing:``. Everything is frozen, and unknown keys are errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from hub import Duration, PluginConfig
from hub_routing.expressions import Condition, QueueCondition, WhoCondition, condition
from hub_routing.units import Levels, OpenHours

ANY: Final = "*"
"""Stands for every channel that is not named."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Level = Annotated[int, Field(ge=1, le=9)]
Units = Annotated[int, Field(ge=0, le=100_000)]
Pick = Literal["least_loaded", "longest_idle", "specialist_first"]


class Section(PluginConfig):
    """Base of all sections."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, given: Any) -> Any:
        """A key with nothing behind it is as good as none."""
        return {key: value for key, value in given.items() if value is not None} if isinstance(given, dict) else given


# -- agents --------------------------------------------------------------------------------------------


class AgentsPolicy(Section):
    """What a talk costs: `capacity` units an agent has (an agent of ``agents:`` may have others), `cost` by channel."""

    capacity: Annotated[int, Field(ge=1, le=100_000)] = 100
    cost: Mapping[Name, Annotated[int, Field(ge=1, le=100_000)]] = {}


_COSTS: Final = {"voice": 100, "video": 100, "phone": 100, "email": 5, ANY: 20}


class Skills(Section):
    """Which levels a skill may have."""

    levels: Levels = (1, 5)


# -- who goes where first ------------------------------------------------------------------------------


class PersonLock(Section):
    """A new leg of an open case goes to the case's agent."""

    max_age: Duration = 72 * 3600.0
    ignore_capacity: bool = True
    if_agent_gone: Literal["requeue_case", "wait"] = "requeue_case"


class Affinity(Section):
    """Somebody the customer knows: their owner, or whom they spoke with last.

    The agent is taken when there is room. With `exclusive` also when there is none, up to `burst` units above capacity.
    Otherwise the customer waits `wait` for this one agent (and keeps the place in the queue), then goes to `else`: a queue or
    a team.
    """

    to: Literal["owner", "last_agent"]
    tiers: tuple[Name, ...] = ()
    within: Duration = 0
    exclusive: bool = False
    burst: Units = 0
    wait: Duration = 0
    only_if: Literal["", "online"] = ""
    else_: Annotated[str, Field(alias="else")] = ""


class Reserve(Section):
    """Ordinary customers may not take the last `idle` agents of `pool` (a channel, or a team)."""

    pool: Name
    idle: Annotated[int, Field(ge=1)]


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, (dict, Reserve)) else value


class Vip(Section):
    """Who is served before others, and from what.

    `burst` are units above capacity that only they may use. `steps` are tried in order, at once: ``owner``, ``pool:TEAM``,
    ``any skilled``, ``emergency:LOGIN-OR-TEAM`` (whoever is there, without the skills). `head_start` is how many seconds of
    waiting they have before others.
    """

    when: WhoCondition
    assign_within: Duration = 0
    burst: Units = 0
    reserve: Annotated[
        tuple[Reserve, ...],
        BeforeValidator(_several),
        WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}),
    ] = ()
    steps: tuple[Annotated[str, StringConstraints(pattern=r"^(owner|any skilled|pool:.+|emergency:.+)$")], ...] = (
        "owner",
        "any skilled",
    )
    head_start: Duration = 900.0


# -- queues --------------------------------------------------------------------------------------------


class Score(Section):
    """Who is next: ``head_start + aging * seconds waited``, and what is added to it.

    `scarcity` is a head start for those whom few agents can serve: seconds, or ``auto``. `deadline_boost` is added when
    the customer's reply window closes within `deadline_within`.
    """

    head_start: Duration = 0
    aging: Annotated[float, Field(gt=0, le=1000)] = 1.0
    scarcity: Literal["auto"] | Duration = 0.0
    deadline_boost: Duration = 0
    deadline_within: Duration = 600.0


class Ring(Section):
    """After so long the search widens: lower levels (`need`), skills given up (`drop`), teams besides (`add`)."""

    after: Duration
    need: Mapping[Name, Level] = {}
    drop: tuple[Name, ...] = ()
    add: tuple[Name, ...] = ()


class To(Section):
    """Move to another queue, with the age."""

    to: Name


class Overflow(Section):
    """What else is done for somebody who waits too long: offers, or another queue."""

    after: Duration = 0
    when: QueueCondition = Field(default_factory=lambda: Condition(""))
    do: Annotated[tuple[Literal["offer_callback", "offer_message", "offer_bot"] | To, ...], Field(min_length=1)]


class OpeningHours(Section):
    """When a queue is served, and what happens outside: the bots go on, or a message may be left."""

    calendar: Name = "always"
    open: OpenHours = Field(default="00:00-24:00", validate_default=True)
    closed: tuple[Literal["bot", "leave_message", "wait"], ...] = ("leave_message",)


class Calendar(Section):
    """Days of service: `weekdays` (1 is Monday), without `holidays`, with `workdays` (调休)."""

    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5)
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


class Announce(Section):
    """What customers are told while they wait: a band of the estimated time, never a number."""

    first: Duration = 5.0
    every: Duration = 60.0
    bands: Annotated[tuple[Duration, ...], Field(min_length=1)] = (60.0, 180.0, 300.0, 600.0)
    method: Literal["qla"] = "qla"


class Callback(Section):
    """A customer may go and be called back."""

    offer_if_ewt: Duration = 120.0
    keep_place: bool = True
    """false: who goes begins to wait anew, behind those who stay."""
    tries: Annotated[int, Field(ge=1, le=10)] = 2
    retry_gap: Duration = 30.0
    window: Duration = 1800.0
    mode: Literal["agent_first"] = "agent_first"


class Answered(Section):
    """`target` of all are to be answered `within` this time."""

    within: Duration = 20.0
    target: Annotated[float, Field(gt=0, le=1)] = 0.8


class Sla(Section):
    """What is promised."""

    answer: Answered = Answered()


class PickRules(Section):
    """Which of several able agents: by channel, ``*`` for the others; `tie` decides among equals."""

    by: Mapping[Name, Pick]
    tie: tuple[Pick, ...] = ("longest_idle",)

    @model_validator(mode="before")
    @classmethod
    def _by_channel(cls, given: Any) -> Any:
        """``{voice: longest_idle, "*": least_loaded, tie: […]}``, or one word for all."""
        if isinstance(given, str):
            given = {ANY: given}
        if isinstance(given, dict) and "by" not in given:
            rest = {key: value for key, value in given.items() if key != "tie"}
            return {"by": rest, **({"tie": given["tie"]} if "tie" in given else {})}
        return given

    def rule(self, channel: str) -> Pick:
        """The rule for a channel: calls to the longest idle, chats to the least loaded where nothing is said."""
        usual: Pick = "longest_idle" if channel in ("voice", "video", "phone") else "least_loaded"
        return self.by.get(channel) or self.by.get(ANY) or usual


class QueuePolicy(Section):
    """One queue.

    `teams` serve it: those that are named, else the team of the queue's name, else everybody who is able. Who comes on a
    channel that is not among its `channels` goes to a queue that serves it; see `RoutingConfig.queue_for`.
    """

    channels: tuple[Name, ...] = ()
    teams: tuple[Name, ...] = ()
    need: Mapping[Name, Level] = {}
    pick: PickRules = PickRules(by={})
    score: Score = Score()
    rings: tuple[Ring, ...] = ()
    overflow: Overflow | None = None
    hours: OpeningHours | None = None
    announce: Announce | None = None
    callback: Callback | None = None
    sla: Sla = Sla()

    def serves(self, channel: str) -> bool:
        """Is this a channel of the queue's?"""
        return not self.channels or channel in self.channels


# -- offers, silence, absence --------------------------------------------------------------------------


def _auto(value: Any) -> Any:
    return 0 if value == "auto" else value


AcceptWithin = Annotated[
    Duration, BeforeValidator(_auto), WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]})
]


class OnTimeout(Section):
    """What an agent who did not accept, and the customer, get."""

    agent: Literal["paused", "stays"] = "paused"
    task: Literal["requeue_keep_age"] = "requeue_keep_age"


class Offer(Section):
    """How long an agent may take to accept, by channel.

    ``auto`` accepts at once. Nobody is offered the same again within `again_after`.
    """

    accept: Mapping[Name, AcceptWithin] = {}
    on_timeout: OnTimeout = OnTimeout()
    again_after: Duration = 120.0

    def seconds(self, channel: str) -> float:
        """Seconds to accept; 0 for at once."""
        return self.accept.get(channel, self.accept.get(ANY, 0.0))


class AgentGone(Section):
    """An agent's pages are gone.

    No new work at once, named as suspect, then (counted from the loss) their customers go to others. `heartbeat` may stand
    there, as in policies written for other routers, and changes nothing: the desk's sockets notice by themselves.
    """

    heartbeat: Annotated[Duration, Field(description="Accepted and not used: the desk's sockets have their own")] = 10.0
    suspect: Duration = 25.0
    grace: Duration = 60.0
    then: Literal["requeue_keep_age"] = "requeue_keep_age"
    boost: Duration = 60.0
    skip: Literal["waiting_on_customer", "nobody"] = "waiting_on_customer"


class SilentAgent(Section):
    """A customer has no answer: the agent is reminded, a supervisor told, somebody else takes over. 0 leaves a step out."""

    warn: Duration = 0
    supervisor: Duration = 0
    reassign: Duration = 0


class Experiment(Section):
    """Two ways of picking side by side.

    `split` of the cases are picked by the hook ``pick_agent``, the others by this policy. `policy_b` names the one
    instance that is asked (``plugin.NAME``); without it all are, in their order.
    """

    name: Name
    split: Annotated[float, Field(ge=0, le=1)] = 0.5
    unit: Literal["case", "day"] = "case"
    policy_b: Annotated[str, StringConstraints(pattern=r"^(plugin\..+)?$", max_length=107)] = ""

    @property
    def picker(self) -> str:
        """The instance that is asked; "" for all."""
        return self.policy_b.removeprefix("plugin.")


# -- the whole -----------------------------------------------------------------------------------------


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("timezone", "Input should be the name of a time zone")
    return name


class RoutingConfig(Section):
    """How customers come to agents."""

    agents: AgentsPolicy = AgentsPolicy()
    interrupt: Mapping[Name, tuple[Name, ...]] = {}
    inactive_after: Duration = 0
    skills: Skills = Skills()
    person_lock: PersonLock = PersonLock()
    affinity: tuple[Affinity, ...] = ()
    vip: Vip | None = None
    queues: Mapping[Name, QueuePolicy] = {}
    calendars: Mapping[Name, Calendar] = {}
    offer: Offer = Offer()
    agent_gone: AgentGone = AgentGone()
    silent_agent: SilentAgent = SilentAgent()
    experiment: Experiment | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"

    @model_validator(mode="after")
    def _in_range(self) -> RoutingConfig:
        for way, skill, level in self.needs():
            least, most = self.skills.levels
            if not least <= level <= most:
                facts = {"way": way, "skill": skill, "level": level, "least": least, "most": most}
                raise PydanticCustomError("level", "{way}: {skill} needs level {level}, and levels are {least} to {most}", facts)
        gone, silent = self.agent_gone, self.silent_agent
        if gone.suspect > gone.grace:
            raise PydanticCustomError("gone", "agent_gone: suspect is longer than grace, but comes before it is over")
        steps = [one for one in (silent.warn, silent.supervisor, silent.reassign) if one]
        if steps != sorted(steps):
            raise PydanticCustomError("silent", "silent_agent: warn comes before supervisor, and that before reassign")
        return self

    def needs(self) -> Iterator[tuple[str, str, int]]:
        """Every level that is asked for: where, of which skill, how high."""
        for name, queue in self.queues.items():
            yield from ((f"queues.{name}.need", skill, level) for skill, level in queue.need.items())
            for at, ring in enumerate(queue.rings):
                yield from ((f"queues.{name}.rings[{at}].need", skill, level) for skill, level in ring.need.items())

    def cost(self, channel: str) -> int:
        """Units of a talk on `channel`."""
        said = self.agents.cost
        return said.get(channel) or said.get(ANY) or _COSTS.get(channel) or _COSTS[ANY]

    def queue(self, name: str) -> QueuePolicy:
        """A queue; one nobody described has no rules."""
        return self.queues.get(name) or _PLAIN

    def queue_for(self, name: str, channel: str) -> str:
        """The queue that serves who comes to queue `name` on `channel`: that one, where it overflows to, or the first of all.

        Where none of them serves the channel it stays that one: better served by the wrong queue than by nobody.
        """
        asked = self.queue(name)
        if asked.serves(channel):
            return name
        leads = [act.to for act in asked.overflow.do if isinstance(act, To)] if asked.overflow is not None else []
        return next((one for one in (*leads, *self.queues) if self.queue(one).serves(channel)), name)


_PLAIN: Final = QueuePolicy()

__all__ = ["ANY", "QueuePolicy", "RoutingConfig", "condition"]
