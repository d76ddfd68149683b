"""The ledger against a model that is too simple to be wrong: whatever happens, both say the same."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.testing import HubKit, ManualClock
from hub.testing.fixtures import MakeHub
from hub_windows import Closed, Permit, Windows
from tests.databases import both_databases
from tests.windows.kit import elsewhere, kiosk, ledger, told

Name = tuple[str, str]
NAMES: Final = (("message", ""), ("click", ""), ("message", "m1"), ("message", "m2"))
_addresses = itertools.count()


@dataclass
class Slip:
    """One window of the model."""

    ends: float
    allowed: float
    born: int
    last: int = 0
    out: set[str] = field(default_factory=set)

    def open(self, now: float) -> bool:
        return self.ends > now and self.allowed > len(self.out)


class Model:
    """The sentences of the interface, one after the other."""

    def __init__(self) -> None:
        self.slips: dict[Name, Slip] = {}
        self.taken: dict[str, tuple[Slip, tuple[str, str, int]]] = {}
        self.births = itertools.count()

    def opened(self, name: Name, allowed: float, ends: float) -> None:
        if not (name[1] and name in self.slips):
            self.slips[name] = Slip(ends, allowed, next(self.births))

    def take(self, key: str, now: float) -> tuple[str, str, int] | str:
        if key in self.taken:
            return self.taken[key][1]
        usable = [(slip.ends, slip.born, name) for name, slip in self.slips.items() if slip.open(now)]
        if not usable:
            return "quota" if any(slip.ends > now for slip in self.slips.values()) else "window"
        name = min(usable)[2]
        slip = self.slips[name]
        slip.last += 1
        slip.out.add(key)
        self.taken[key] = (slip, (*name, slip.last))
        return self.taken[key][1]

    def give_back(self, key: str) -> None:
        slip, _ = self.taken.pop(key)
        slip.out.discard(key)

    def left(self, now: float) -> float:
        usable = [(slip.ends, slip.born, slip) for slip in self.slips.values() if slip.open(now)]
        return max(usable)[2].allowed - len(max(usable)[2].out) if usable else 0


SECONDS = st.sampled_from([10.0, 60.0, math.inf])
KEYS = st.sampled_from(["k1", "k2", "k3", "k4", "k5"])
STEPS = st.one_of(
    *[st.tuples(st.just("opened"), st.sampled_from(NAMES), st.sampled_from([0, 1, 2, math.inf]), SECONDS)] * 3,
    *[st.tuples(st.just("take"), KEYS)] * 3,
    st.tuples(st.just("give_back"), KEYS),
    st.tuples(st.just("pass"), st.sampled_from([5.0, 10.0, 30.0])),
    st.tuples(st.sampled_from(["used_up", "shut"]), st.sampled_from(["", "m1", "m2"])),
)


@pytest_asyncio.fixture
async def open_kiosk(make_hub: MakeHub) -> HubKit:
    return await kiosk(make_hub)


@both_databases
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=10, max_size=30))
async def test_the_ledger_says_what_the_model_says(open_kiosk: HubKit, steps: list[tuple[Any, ...]]) -> None:
    number = next(_addresses)
    play = _Play(open_kiosk, f"u{number}", f"{number}-")
    for step in steps:
        await play.step(*step)
        now = open_kiosk.clock.now()
        left = (await play.windows.left(play.address)).left
        assert (math.inf if left is None else left) == play.model.left(now)


class _Play:
    """One address, in the ledger and in the model. Two ledgers take turns, as two processes would."""

    def __init__(self, kit: HubKit, address: str, keys: str) -> None:
        self.clock = kit.clock
        self.address = address
        self.model = Model()
        self._ledgers = itertools.cycle((ledger(kit), elsewhere(kit)))
        self._keys = keys
        self._permits: dict[str, Permit] = {}

    @property
    def windows(self) -> Windows:
        return next(self._ledgers)

    async def step(self, what: str, *given: Any) -> None:
        await getattr(self, f"do_{what}")(*given)

    async def do_opened(self, name: Name, allowed: float, seconds: float) -> None:
        messages = None if math.isinf(allowed) else int(allowed)
        await self.windows.opened(self.address, name[0], messages=messages, seconds=seconds, ref=name[1])
        self.model.opened(name, allowed, self.clock.now() + seconds)

    async def do_take(self, key: str) -> None:
        wanted = self.model.take(key, self.clock.now())
        if isinstance(wanted, str):
            with pytest.raises(Closed) as closed:
                await self.windows.take(self.address, self._keys + key)
            assert closed.value.code == wanted
        else:
            self._permits[key] = await self.windows.take(self.address, self._keys + key)
            assert told(self._permits[key]) == wanted

    async def do_give_back(self, key: str) -> None:
        if key in self.model.taken:
            await self.windows.give_back(self._permits[key])
            self.model.give_back(key)

    async def do_pass(self, seconds: float) -> None:
        assert isinstance(self.clock, ManualClock)
        await self.clock.advance(seconds)

    async def do_used_up(self, ref: str) -> None:
        await self.windows.used_up(self.address, ref=ref)
        for slip in self._meant(ref):
            slip.allowed = 0

    async def do_shut(self, ref: str) -> None:
        await self.windows.shut(self.address, ref=ref)
        for slip in self._meant(ref):
            slip.ends = self.clock.now()

    def _meant(self, ref: str) -> list[Slip]:
        now = self.clock.now()
        return [slip for (_, its), slip in self.model.slips.items() if ref in ("", its) and slip.ends > now]
