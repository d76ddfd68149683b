"""The card of who waits, as a page gets it: with its state, as an event, and again after it came back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from hub_routing import Routing
from tests.web.chat import CONFIG, open_site, text

ROUTED: Final = f"""{CONFIG}
service: {{first_owner: queue}}
routing:
  queues:
    front: {{callback: {{offer_if_ewt: 1s}}}}
"""


def card_of(state: dict[str, Any]) -> dict[str, Any]:
    """The card in a page's state; empty where there is none."""
    waiting = (state["conversation"] or {}).get("waiting") or {}
    return dict(waiting.get("card") or {})


async def test_the_card_is_state_and_event(tmp_path: Path) -> None:
    async with open_site(tmp_path, ROUTED, routing=Routing) as site:
        first, second = await site.begin(), await site.begin()
        await first.do("send", text("first"))
        await first.until(lambda state: card_of(state).get("place") == 1)
        async with second.socket() as socket:
            await socket.do("send", text("second"), "one")
            event = await socket.frame("event")
            while event["kind"] != "waiting.changed":
                event = await socket.frame("event")
            cursor, card = event["seq"], event["data"]["card"]
        assert card["place"] == 2
        assert card["title"] == {"zh-CN": "正在为您转接人工", "en": "Connecting you to a person"}
        assert card["text"]["en"] == "1 before you · nobody is online at the moment"
        state = await second.snapshot()
        assert card_of(state) == card
        assert event["data"]["conversation"] == state["conversation"]["id"]
        assert "out" not in {message["direction"] for message in state["messages"]}, "nothing is said in messages"

        pressed = {"type": "choice", "label": "Call me back", "payload": card["actions"][0]["payload"]}
        await second.do("send", {"body": [pressed, {"type": "text", "text": "+44 20 7946 0958"}]})
        state = await second.until(lambda state: card_of(state).get("title", {}).get("en") == "We will call you back")
        assert "your place is kept · 1 before you" in card_of(state)["text"]["en"]
        async with second.socket(cursor) as socket:
            missed = await socket.frame("event")
            while missed["kind"] != "waiting.changed":
                missed = await socket.frame("event")
            assert missed["data"]["card"] == card_of(state), "who was away is told what the card is now"
        assert card_of(await first.snapshot())["place"] == 1, "a card is its own customer's"


async def test_without_anybody_who_tells_there_is_the_place_alone(tmp_path: Path) -> None:
    async with open_site(tmp_path, f"{CONFIG}\nservice: {{first_owner: queue}}\n") as site:
        page = await site.begin()
        await page.do("send", text("hello"))
        state = await page.until(lambda state: (state["conversation"] or {}).get("waiting") is not None)
        assert state["conversation"]["waiting"] == {"place": 1, "card": None}
