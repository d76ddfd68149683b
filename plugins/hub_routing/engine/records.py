"""What the router works with: those who wait, those who serve, what was decided and what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

TaskId = int | str
StaffState = Literal["online", "break", "training", "offline"]
Status = Literal["new", "waiting", "private", "offered", "held", "closed"]
"""`held` is with an agent, `private` waits for one certain agent, `closed` came outside the hours."""

NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(slots=True, eq=False)
class Task:
    """A customer's case that wants an agent. Times are seconds.

    `arrived` is where its age begins, `boost` seconds it has besides; `facts` are what conditions may ask
    (``customer``, ``case``). `channel` is what the rules call the channel, `door` the instance, which agents switch on and off.
    `owner` and `last_agent` are agents' ids. Who wants to be called back (`callback`) asked for it at `asked_at`, was
    called `calls` times, last at `called_at` (None while no answer to a call is waited for); `late` once it was told to be late.
    `parked` has given its units back, `active` is when they spoke last. Below the line is what only the router knows.
    """

    id: TaskId
    queue: str
    channel: str
    arrived: float
    need: Mapping[str, int] = field(default_factory=dict)
    tier: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    door: str = ""
    owner: str = ""
    last_agent: str = ""
    last_at: float = 0.0
    deadline: float = 0.0
    boost: float = 0.0
    callback: bool = False
    asked_at: float | None = None
    calls: int = 0
    called_at: float | None = None
    late: bool = False
    parked: bool = False
    active: float = 0.0
    # -- kept by the router --
    status: Status = "new"
    vip: bool = False
    agent: str = ""
    ring: int = 0
    excluded: frozenset[str] = NOBODY
    pool: str = ""
    group: Any = None
    key: float = 0.0
    seq: int = 0
    version: int = 0
    cost: int = 0
    orphan: bool = False
    since: float = 0.0
    held_at: float = 0.0
    unanswered: float | None = None
    answered: bool = False
    silence: int = 0
    quiet: int = 0
    counted: bool = False
    told_in: str | None = None
    tell_at: float | None = None
    overflowed: bool = False

    def __post_init__(self) -> None:
        self.door = self.door or self.channel


@dataclass(slots=True, eq=False)
class Staff:
    """An agent on the floor. `capacity` of None is the policy's, `units` what that makes.

    `index` is the place of their bit, `stamp` grows whenever something of theirs begins or ends.
    """

    id: str
    teams: frozenset[str] = NOBODY
    skills: Mapping[str, int] = field(default_factory=dict)
    capacity: int | None = None
    reception: frozenset[str] | None = None
    state: StaffState = "online"
    connected: bool = True
    why: str = ""
    # -- kept by the router --
    index: int = 0
    bit: int = 0
    stamp: int = 0
    state_since: float = 0.0
    idle_since: float = 0.0
    units: int = 0
    off: frozenset[str] = NOBODY
    used: list[int] = field(default_factory=list)
    talks: dict[TaskId, Task] = field(default_factory=dict)
    private: list[tuple[float, int, int, Task]] = field(default_factory=list)
    groups: int = 0
    presence: int = 0
    suspect: bool = False
    gone: bool = False

    @property
    def ready(self) -> bool:
        """May they get new work?"""
        return self.state == "online" and self.connected


@dataclass(slots=True, eq=False)
class Decision:
    """One decision: what was known, who could have been chosen, which rule chose, and how long it took.

    `rule` is a word (`owner`, `last_agent`, `least_loaded`, `queued`, …); `chosen` an agent's id or nothing; `able` how many
    have the skills, `free` how many of them could have taken it, `candidates` the first of those.
    """

    task: TaskId
    at: float
    rule: str
    queue: str
    channel: str
    ring: int
    vip: bool
    waited: float
    score: float
    able: int
    free: int
    candidates: tuple[str, ...]
    chosen: str
    micros: float
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Move:
    """Something for the outside: `kind` is a word, `task` and `agent` whom it concerns.

    Kinds: ``assign``, ``offer``, ``queued``, ``requeue``, ``moved`` (another queue), ``closed`` (outside the hours), ``warn``,
    ``supervisor``, ``suspect``, ``gone``, ``paused``, ``announce``, ``offer_callback``, ``offer_message``, ``offer_bot``,
    ``taken`` (by hand), ``park``,
    ``wake``, ``call`` (back, once more), ``callback_late``.
    """

    kind: str
    at: float
    task: Task | None = None
    agent: str = ""
    decision: Decision | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
