"""What holds whatever happens: numbers are given once, and no shape of an event is too odd."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from hub.testing import HubKit, ManualClock, use
from hub_media import Media
from hub_qq import QQ
from hub_qq.events import Said, parse
from hub_qq.keys import Keys
from hub_qq.reading import words_of
from hub_qq.rendering import pieces_of
from tests.qq.kit import LOOPBACK, SECRET, Repeats, config
from tests.qq.simulator import Failure, QQPlatform
from tests.qq.simulator.signing import sign

DUPLICATE: Final = 40054005
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("says"), st.integers(0, 2), st.integers(1, 7)),
        st.tuples(st.just("fails"), st.sampled_from(["cut", "busy", "dead", "again"]), st.just(0)),
        st.tuples(st.just("turn"), st.integers(1, 400), st.just(0)),
    ),
    min_size=1,
    max_size=12,
)
FAILURES: Final[dict[str, dict[str, Any]]] = {
    "cut": {"cut": True}, "busy": {"code": 40034100}, "dead": {"code": 304103}, "again": {"code": DUPLICATE},
}  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_a_number_is_given_once_and_a_message_comes_once(tmp_path: Path, steps: list[tuple[str, Any, int]]) -> None:
    clock = ManualClock(1_795_829_400.0)
    sections = {"hub": {"allow_private_networks": list(LOOPBACK)}}
    async with QQPlatform(secret=SECRET, now=clock.now) as qq:
        instances: list[Any] = [use(QQ, "qq", config(qq, when_closed="drop")), use(Media, "media"), Repeats]
        async with HubKit(tmp_path / uuid4().hex, *instances, clock=clock, serve=True, sections=sections) as kit:
            qq.webhook = f"{kit.url}/qq/webhook"
            number = 0
            for step, what, many in steps:
                if step == "says":
                    number += 1
                    assert (await qq.push(qq.events.c2c(f"U{what}", f"{many} 第{number}次"))).status == 200
                elif step == "fails":
                    qq.api.failures.append(Failure(**FAILURES[what]))
                else:
                    await clock.advance(what)
            await kit.settled(turning=1)
            taken = [(one.target, one.body["msg_id"], one.body["msg_seq"]) for one in qq.api.sent]
            assert len(set(taken)) == len(taken), "the platform took two messages of one number"
            for target in {one.target for one in qq.api.sent}:
                got = qq.received(target)
                assert len(set(got)) == len(got), "a message came twice"
            per_message = [sum(1 for one in taken if one[:2] == two) for two in {one[:2] for one in taken}]
            assert all(count <= 5 for count in per_message)
            said = await kit.rows("SELECT id FROM message WHERE direction = 'out'")
            assert len(qq.api.sent) + len(await kit.hub.path.dead.all()) >= len(said), "a message is nowhere"
            assert await kit.rows("SELECT id FROM outbox WHERE state = 0") == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KINDS = st.sampled_from([
    "C2C_MESSAGE_CREATE", "GROUP_AT_MESSAGE_CREATE", "GROUP_MESSAGE_CREATE", "AT_MESSAGE_CREATE",
    "DIRECT_MESSAGE_CREATE", "INTERACTION_CREATE", "FRIEND_ADD", "NEW",
])  # fmt: skip
NAMES: Final = (
    "id", "content", "timestamp", "author", "mentions", "attachments", "group_openid", "channel_id", "guild_id",
    "member", "data", "user_openid", "message_type", "msg_elements",
)  # fmt: skip
FIELDS = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON))


@settings(max_examples=300, deadline=None)
@given(kind=KINDS, data=FIELDS | JSON, author=JSON, attachments=st.lists(JSON, max_size=3))
def test_no_shape_of_an_event_is_too_odd_to_read(kind: str, data: Any, author: Any, attachments: list[Any]) -> None:
    if isinstance(data, dict):
        data = {"id": "M", "author": {"id": "U", "user_openid": author, "member_openid": "P"}, "attachments": attachments, **data}
    found = parse({"op": 0, "t": kind, "d": data})
    assert found is not None
    if isinstance(found, Said):
        pieces_of(words_of(found, ["1"]), in_channel=True, locale="en")


@settings(max_examples=50, deadline=None)
@given(secret=st.text(min_size=8, max_size=60).filter(lambda text: len(text.encode()) >= 8), body=st.binary(max_size=100))
def test_the_key_is_the_platforms_whatever_the_secrets_length(secret: str, body: bytes) -> None:
    keys = Keys(SecretStr(secret))
    signature = sign(secret, "1795829400", body)
    assert keys.signed(signature, "1795829400", body)
    assert not keys.signed(signature, "1795829401", body)
    assert not keys.signed(signature, "1795829400", body + b" ")


def test_the_secret_is_in_no_text_of_the_configuration() -> None:
    told = QQ.Config.model_validate({"app_id": "1", "secret": SECRET})
    assert SECRET not in f"{told!r} {told} {told.model_dump()} {json.dumps(told.model_dump(mode='json'))}"
