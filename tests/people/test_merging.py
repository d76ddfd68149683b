"""Joining people and parting them again, at random, against a simple model."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.testing import HubKit, use
from hub.testing.fixtures import MakeHub
from hub_people import People
from tests.databases import on_postgres
from tests.people.kit import QQ, Phone, WeChat, people_hub
from tests.people.story import Story

COUNT = 4
WHO = st.integers(0, COUNT - 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("speak"), WHO),
        st.tuples(st.just("speak"), WHO),
        st.tuples(st.just("reply"), WHO),
        st.tuples(st.just("close"), WHO),
        st.tuples(st.just("merge"), WHO, WHO),
        st.tuples(st.just("merge"), WHO, WHO),
        st.tuples(st.just("unmerge"), st.integers(0, 5)),
        st.tuples(st.just("mistake"), WHO, WHO, WHO),
    ),
    min_size=4,
    max_size=18,
)


async def play(kit: HubKit, steps: list[tuple[Any, ...]]) -> None:
    story = Story(kit, COUNT)
    for number in range(COUNT - 1):
        await story.speak(number)
    for name, *given_to in steps:
        await getattr(story, name)(*given_to)
        await story.check()
    while story.model.joined:
        await story.unmerge(0)
        await story.check()


def run(steps: list[tuple[Any, ...]]) -> None:
    async def whole() -> None:
        with tempfile.TemporaryDirectory() as folder:
            uses = use(Phone, "phone"), use(WeChat, "wechat"), use(QQ, "qq"), use(People, "people")
            async with HubKit(Path(folder), *uses, sections={"service": {"first_owner": "queue"}}) as kit:
                await play(kit, steps)

    asyncio.run(whole())


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_whatever_happens_everybody_has_what_is_theirs(steps: list[tuple[Any, ...]]) -> None:
    run(steps)


def test_a_conversation_taken_in_by_a_later_merge_goes_with_those_who_had_it() -> None:
    run([("merge", 1, 2), ("close", 2), ("speak", 2), ("merge", 2, 0)])
    run([("merge", 1, 2), ("close", 2), ("speak", 2), ("reply", 2), ("merge", 2, 0), ("speak", 2), ("unmerge", 0), ("speak", 2)])


@on_postgres
async def test_the_same_on_postgres(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    await play(kit, [
        ("merge", 0, 1), ("speak", 1), ("reply", 0), ("mistake", 2, 0, 1), ("merge", 2, 1), ("speak", 3), ("unmerge", 0),
        ("close", 0), ("speak", 0), ("merge", 0, 3), ("unmerge", 1), ("speak", 2),
    ])  # fmt: skip
