"""Claims: shown by a stranger or by somebody known, good once and not for long, hard to guess, and not lost by a stop."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from hub import Answer, Bot, Choice, Inbound, PluginConfig, Sender, StoreUnavailable, Text, Turn, hookimpl, plain_text
from hub.testing import HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_people import People
from hub_people.claims import Issued
from hub_people.merging import Why
from tests.hooks.gate import Gate
from tests.people.kit import Customer, people_hub, people_of
from tests.people.test_reception import issued, served

CONNECTED = "已为您接通，会话会在这里继续。"
BOTS_FIRST = {"service": {"first_owner": "bot"}}


class Parrot(Bot[PluginConfig]):
    """Repeats, and remembers what it was asked."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: list[str] = []

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        self.asked.append(plain_text(turn.message.body))
        return Answer.of(f"您说：{self.asked[-1]}")


async def same(*customers: Customer) -> bool:
    return len({(await one.person()).id for one in customers}) == 1


async def calls(kit: HubKit, id: str = "c") -> tuple[Customer, Issued]:
    """A caller, and a claim of theirs."""
    caller = Customer(kit, "phone", id)
    await caller.says("喂")
    return caller, await issued(kit, caller)


async def connected(kit: HubKit, customer: Customer) -> None:
    """Until they have heard it, and nothing is left to be done."""
    await kit.until(lambda: CONNECTED in customer.heard(), "they hear that they are connected")
    await people_of(kit).idle()
    await kit.settled()


async def states(kit: HubKit) -> list[str]:
    return [row["state"] for row in await kit.rows("SELECT state FROM people_claim ORDER BY id")]


def wrong_codes(claim: Issued) -> Iterator[str]:
    return (code for number in itertools.count() if (code := f"{number:04}") != claim.code)


# -- who shows it ---------------------------------------------------------------------------------------


async def test_a_stranger_is_the_customer_from_their_first_message_on_and_no_bot_answers_a_code(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, use(Parrot, "parrot"), **BOTS_FIRST)
    caller, claim = await calls(kit)
    stranger = Customer(kit, "wechat", "w")
    shown = await stranger.says(claim.code)
    await connected(kit, stranger)
    assert await same(caller, stranger)
    assert (await stranger.conversation()).id == (await caller.conversation()).id
    # Recognised, not merged: there was never a second person.
    assert await kit.rows("SELECT id FROM people_merge") == []
    assert len(await kit.rows("SELECT id FROM person")) == 1
    assert (stranger.heard(), kit.plugin("parrot", Parrot).asked) == ([CONNECTED], ["喂"])
    said = await kit.hub.reading.messages((await stranger.conversation()).id)
    assert [one.id for one in said if one.id == shown] == [shown]
    [line] = await kit.rows("SELECT act, source, confidence, actor FROM people_link WHERE act = 'claimed'")
    assert line == {"act": "claimed", "source": "claim", "confidence": 1, "actor": "lin"}


async def test_somebody_known_is_merged_after_their_message_and_no_bot_answers_a_code(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, use(Parrot, "parrot"), **BOTS_FIRST)
    known = Customer(kit, "wechat", "w")
    await known.says("你好")
    caller, claim = await calls(kit)
    shown = await known.says(claim.code)
    await connected(kit, known)
    assert await same(caller, known)
    [merge] = await kit.rows("SELECT id, source, actor FROM people_merge")
    assert (merge["source"], merge["actor"]) == ("claim", "lin")
    assert shown < merge["id"]
    assert known.heard() == ["您说：你好", CONNECTED]
    assert kit.plugin("parrot", Parrot).asked == ["你好", "喂"]
    said = [plain_text(one.body) for one in await kit.hub.reading.messages((await known.conversation()).id)]
    assert said.index("你好") < said.index(claim.code) < said.index(CONNECTED)


async def test_after_a_code_that_no_bot_was_asked_about_the_next_question_is_answered(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, use(Parrot, "parrot"), **BOTS_FIRST)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    agent = await served(kit, caller)
    other = Customer(kit, "wechat", "w")
    await other.says((await issued(kit, caller)).code)
    await connected(kit, other)
    await agent.closes()
    await kit.settled()
    await other.says("还有人吗")
    assert other.heard()[-1] == "您说：还有人吗"


async def test_a_code_is_good_for_who_the_customer_is_after_the_conversation_was_ended(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    agent, claim = await served(kit, caller), await issued(kit, caller)
    await agent.closes()
    late = Customer(kit, "wechat", "w")
    await late.says(claim.code)
    await connected(kit, late)
    assert await same(caller, late)
    assert (await late.conversation()).status == "open"
    assert await states(kit) == ["joined"]


@pytest.mark.parametrize("written", [" {} ", "“{}”", "{}。", "#{}"])
async def test_a_code_may_be_written_as_people_write(make_hub: MakeHub, written: str) -> None:
    kit = await people_hub(make_hub)
    caller, claim = await calls(kit)
    one, two = Customer(kit, "wechat", "one"), Customer(kit, "wechat", "two")
    await one.says(f"我的验证码是 {claim.code}")
    assert not await same(caller, one)
    wide = claim.code.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    await two.says(written.format(wide))
    assert await same(caller, two)


# -- whose it is ----------------------------------------------------------------------------------------


async def test_a_code_written_where_it_was_issued_stays_good_for_elsewhere(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, use(Parrot, "parrot"), **BOTS_FIRST)
    caller, claim = await calls(kit)
    await caller.says(claim.code)
    await caller.says(Choice("链接", f"claim:{claim.token}"))
    assert (await states(kit), kit.plugin("parrot", Parrot).asked) == (["live"], ["喂"])
    assert caller.heard()[1:] == 2 * ["这个验证码请在您要换到的另一个渠道发送，在这里不用输入。"]
    assert await kit.rows("SELECT * FROM people_guess") == []
    other = Customer(kit, "wechat", "w")
    await other.says(claim.code)
    await connected(kit, other)
    assert await same(caller, other)
    # And the next thing they say is a question again.
    await caller.says("还在吗")
    assert caller.heard()[-1] == "您说：还在吗"


async def test_who_is_served_elsewhere_comes_to_whoever_issued_the_code(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    known, caller = Customer(kit, "wechat", "w"), Customer(kit, "phone", "c")
    await known.says("在吗")
    await served(kit, known, "王芳")
    await caller.says("喂")
    await served(kit, caller, "刘芳")
    talk, claim = await caller.conversation(), await issued(kit, caller)
    await known.says(claim.code)
    await connected(kit, known)
    now = await known.conversation()
    assert (now.id, now.owner_kind, now.owner_id) == (talk.id, "agent", talk.owner_id)
    # Whoever waits only is served by the agent who has the other one, whoever issued it.
    waits, third = Customer(kit, "qq", "q"), Customer(kit, "phone", "d")
    await third.says("喂")
    await served(kit, third, "张敏")
    taken = await third.conversation()
    await waits.says("有人吗")
    await third.says((await issued(kit, waits)).code)
    await people_of(kit).idle()
    assert (await waits.conversation()).id == taken.id


async def test_after_parting_a_code_belongs_to_whom_it_was_issued_to(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    one, two, late = Customer(kit, "wechat", "w"), Customer(kit, "qq", "q"), Customer(kit, "phone", "c")
    await one.says("一")
    await two.says("二")
    await served(kit, one)
    register = people_of(kit).register
    await register.merge((await one.person()).id, (await two.person()).id, Why("lin", "agent"))
    await two.says("三")
    claim = await issued(kit, two)
    [merge] = await kit.rows("SELECT id FROM people_merge")
    await register.unmerge(merge["id"], "sun")
    await late.says(claim.code)
    await connected(kit, late)
    assert await same(two, late)
    assert not await same(one, two)


async def test_a_code_of_somebody_erased_leads_nowhere(make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    kit = await people_hub(make_hub)
    known = Customer(kit, "wechat", "w")
    await known.says("你好")
    caller, shown = await calls(kit)
    live = await issued(kit, caller)
    person, jobs = (await caller.person()).id, list[Any]()
    with monkeypatch.context() as between:
        between.setattr(People, "_soon", lambda self, job: jobs.append(job))
        await known.says(shown.code)
    people = people_of(kit)
    await people.erasing.erase(person, "sun", finish=True)
    for job in jobs:
        people._soon(job)
    await people.idle()
    assert await people.claims.by_token(live.token) is None
    await known.says(live.code)
    assert await states(kit) == ["void", "void"]
    assert await kit.rows("SELECT id FROM people_merge") == []
    assert CONNECTED not in known.heard()


# -- once, and not for long -----------------------------------------------------------------------------


async def test_the_last_moment_is_in_time_and_the_next_is_not(make_hub: MakeHub) -> None:
    clock = ManualClock()
    kit = await people_hub(make_hub, clock=clock)
    caller, first = await calls(kit)
    second = await issued(kit, caller)
    await clock.advance(599)
    one, two = Customer(kit, "wechat", "one"), Customer(kit, "wechat", "two")
    await one.says(first.code)
    await clock.advance(1)
    await two.says(second.code)
    assert await same(caller, one)
    assert not await same(caller, two)
    listed = await people_of(kit).claims.of((await caller.conversation()).id)
    assert [claim["state"] for claim in listed] == ["expired", "joined"]


async def test_the_one_who_used_it_may_not_use_it_again_either(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    _, claim = await calls(kit)
    other = Customer(kit, "wechat", "w")
    await other.says(claim.code)
    await connected(kit, other)
    await other.says(claim.code)
    await people_of(kit).idle()
    await kit.settled()
    assert other.heard() == [CONNECTED]
    assert await states(kit) == ["joined"]


async def test_no_two_live_claims_have_one_code_and_a_used_or_old_one_is_free_again(
    make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([7, 7, 7, 8, 7, 8, 8, 9, 9])
    monkeypatch.setattr(secrets, "randbelow", lambda limit: next(drawn))
    clock = ManualClock()
    kit = await people_hub(make_hub, clock=clock)
    caller, first = await calls(kit)
    other = Customer(kit, "phone", "d")
    await other.says("喂")
    second = await issued(kit, other)
    assert (first.code, second.code) == ("0007", "0008")
    await Customer(kit, "wechat", "w").says(first.code)
    assert (await issued(kit, caller)).code == "0007"
    # 0008 is still good, so that it is passed over; also after a restart.
    await kit.restart()
    again = [Customer(kit, "phone", one) for one in ("c", "d")]
    assert (await issued(kit, again[0])).code == "0009"
    await clock.advance(600)
    assert (await issued(kit, again[1])).code == "0009"
    shown = Customer(kit, "wechat", "x")
    await shown.says("0009")
    assert await same(shown, again[1])


# -- guessing -------------------------------------------------------------------------------------------


async def test_wrong_codes_lock_their_sender_out_for_a_while_and_a_right_one_forgives(make_hub: MakeHub) -> None:
    clock = ManualClock()
    kit = await people_hub(make_hub, people={"claims": {"wrong": 3, "minutes": 60}}, clock=clock)
    caller, claim = await calls(kit)
    wrong = wrong_codes(claim)
    forgiven, guesser = Customer(kit, "wechat", "f"), Customer(kit, "wechat", "g")
    for _ in range(2):
        await forgiven.says(next(wrong))
    await forgiven.says(claim.code)
    await connected(kit, forgiven)
    assert await same(caller, forgiven)
    # The channel's count stands; whose it is cannot be read.
    counted = await kit.rows("SELECT who, wrong FROM people_guess")
    assert [(row["wrong"], len(row["who"])) for row in counted] == [(2, 64)]
    claim = await issued(kit, caller)
    wrong = wrong_codes(claim)
    for _ in range(3):
        await guesser.says(next(wrong))
    await guesser.says(claim.code)
    assert not await same(caller, guesser)
    assert await states(kit) == ["joined", "live"]
    await clock.advance(15 * 60 + 1)
    await Customer(kit, "qq", "q").says(next(wrong))
    # Who may try again is not kept: of all these there is the last guesser, and their channel.
    assert [row["wrong"] for row in await kit.rows("SELECT wrong FROM people_guess")] == [1, 1]
    await guesser.says(claim.code)
    await people_of(kit).idle()
    assert await same(caller, guesser)


async def test_a_lock_of_a_channel_is_of_no_other_channel(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"claims": {"wrong_for_all": 3}})
    caller, claim = await calls(kit)
    wrong = wrong_codes(claim)
    for number in range(3):
        await Customer(kit, "wechat", f"g{number}").says(next(wrong))
    locked, free = Customer(kit, "wechat", "w"), Customer(kit, "qq", "q")
    await locked.says(claim.code)
    await free.says(claim.code)
    assert not await same(caller, locked)
    assert await same(caller, free)


async def test_a_wrong_token_counts_and_what_is_no_token_does_not(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    await calls(kit)
    guesser = Customer(kit, "wechat", "g")
    for payload in ("claim:", "claim:short", "claim:" + "x" * 41, "claim:with space in the middle", "menu:AAAAAAAAAAAAAAAAAAAA"):
        await guesser.says(Choice("扫码", payload))
    assert await kit.rows("SELECT * FROM people_guess") == []
    await guesser.says(Choice("扫码", "claim:" + "A" * 24))
    assert [row["wrong"] for row in await kit.rows("SELECT wrong FROM people_guess")] == [1, 1]


# -- by QR code and by link -----------------------------------------------------------------------------


async def test_a_stranger_who_scans_is_the_customer_and_the_code_is_used_up_with_it(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    offer = await people_of(kit).invitations.offer(await caller.conversation(), "lin")
    assert list(offer.invitations) == ["wechat"]
    scene = offer.invitations["wechat"].partition("?scene=")[2]
    assert (scene.startswith("claim:"), len(scene) <= 64) == (True, True)
    scans, types = Customer(kit, "wechat", "w"), Customer(kit, "qq", "q")
    await scans.says(Choice("扫码关注", scene))
    await connected(kit, scans)
    await types.says(offer.code)
    assert await same(caller, scans)
    assert not await same(caller, types)


async def page(kit: HubKit, link: str, language: str = "zh-CN") -> tuple[int, str, Any]:
    async with aiohttp.ClientSession() as session, session.get(kit.url + link, headers={"Accept-Language": language}) as answer:
        return answer.status, await answer.text(), answer.headers


async def test_the_page_of_a_link_shows_the_ways_and_uses_nothing_up(make_hub: MakeHub) -> None:
    clock = ManualClock()
    kit = await people_hub(make_hub, clock=clock, serve=True)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂，我是张三")
    offer = await people_of(kit).invitations.offer(await caller.conversation(), "lin")
    for _ in range(2):
        status, text, headers = await page(kit, offer.link)
        assert (status, offer.invitations["wechat"] in text, "data:image/svg+xml" in text) == (200, True, True)
        assert "微信" in text
        assert "张三" not in text
        assert offer.code not in text.replace(offer.link, "")
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    status, text, _ = await page(kit, offer.link, "en-GB,zh;q=0.5")
    assert (status, 'lang="en"' in text, "the same colleague" in text) == (200, True, True)
    assert await states(kit) == ["live"]
    await clock.advance(600)
    status, text, _ = await page(kit, offer.link)
    assert (status, "已过期" in text, "wechat.example" in text) == (410, True, False)


async def test_a_link_that_is_used_or_made_up_leads_nowhere(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, serve=True)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    offer = await people_of(kit).invitations.offer(await caller.conversation(), "lin")
    await Customer(kit, "wechat", "w").says(offer.code)
    for link in (offer.link, "/c/" + "A" * 24, "/c/x", "/c/" + "A" * 300, "/c/%3Cscript%3E"):
        status, text, _ = await page(kit, link, "en")
        assert (status, "expired" in text, "<script>" in text) == (410, True, False), link


# -- over a stop ----------------------------------------------------------------------------------------


async def test_a_claim_is_good_over_a_restart(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller, claim = await calls(kit)
    await kit.restart()
    other = Customer(kit, "wechat", "w")
    await other.says(claim.code)
    await connected(kit, other)
    assert await same(caller, other)


async def test_a_stop_between_the_message_and_the_join_is_made_good_at_the_start(
    make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = await people_hub(make_hub)
    known = Customer(kit, "wechat", "w")
    await known.says("你好")
    caller, claim = await calls(kit)
    with monkeypatch.context() as stopped:
        # As if the process ended in this moment: what comes after the message does not come.
        stopped.setattr(People, "_soon", lambda self, job: None)
        await known.says(claim.code)
        assert await states(kit) == ["redeemed"]
        assert not await same(caller, known)
        await kit.stop()
    await kit.restart()
    await connected(kit, known)
    assert await same(caller, known)
    assert await states(kit) == ["joined"]
    # And only once, however often it starts.
    await kit.restart()
    await people_of(kit).idle()
    said = [plain_text(one.body) for one in await kit.hub.reading.messages((await known.conversation()).id)]
    assert (said.count(CONNECTED), said.count(claim.code)) == (1, 1)


async def test_a_join_waits_however_long_the_store_is_away(make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    kit = await people_hub(make_hub, clock=clock)
    known = Customer(kit, "wechat", "w")
    await known.says("你好")
    caller, claim = await calls(kit)
    register, tries = people_of(kit).register, itertools.count(1)
    merge = register.merge

    async def away_for_long(*given: Any, host: int) -> int:
        if next(tries) <= 8:
            raise StoreUnavailable("the database is gone")
        return await merge(*given, host=host)

    monkeypatch.setattr(register, "merge", away_for_long)
    await known.says(claim.code)
    await kit.until(lambda: CONNECTED in known.heard(), "they hear that they are connected", turning=60)
    assert await same(caller, known)


@pytest.mark.parametrize("before", [True, False])
async def test_a_stop_between_the_redemption_and_the_message_loses_neither(make_hub: MakeHub, before: bool) -> None:
    clock = ManualClock()
    kit = await people_hub(make_hub, use(Gate, "gate"), clock=clock)
    other = Customer(kit, "wechat", "w")
    if before:
        await other.says("你好")
    caller, claim = await calls(kit)
    kit.plugin("gate", Gate).broken = True
    await kit.hub.path.accept("wechat", Inbound("shown", Sender("w"), (Text(claim.code),)))

    async def redeemed() -> bool:
        return await states(kit) == ["redeemed"]

    await kit.until(redeemed, "it is redeemed")
    assert claim.code not in str(await kit.rows("SELECT body FROM message"))
    await kit.restart()

    async def joined() -> bool:
        return await states(kit) == ["joined"]

    await kit.until(joined, "they are joined", turning=1)
    await kit.settled(turning=1)
    assert await same(caller, other)
    assert other.heard() == [CONNECTED]
