"""Why a conversation went the way it did: its events in words, and what still waits to go out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hub import Event, Message, plain_text
from hub.watching import Reader, Reading

Step = dict[str, Any]
"""``{"at", "kind", "text", "message"}``; `at` in milliseconds, `message` the id of the one it is about or nothing."""

AT_ONCE: Final = 500
SHORT: Final = 60
_PENDING: Final = (
    "SELECT o.* FROM outbox o JOIN message m ON m.id = o.id WHERE m.conversation_id = ? ORDER BY o.id"
)

_JOINED: Final = "SELECT data FROM event WHERE person_id = ? AND kind IN ('person.merged', 'person.unmerged')"

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "opened": ("会话开始，由{owner}接待", "The conversation began, with {owner}"),
    "queued": ("进入团队 {team} 的队列：{reason}", "Into the queue of team {team}: {reason}"),
    "assigned": ("由客服 {name} 接待", "Agent {name} took over"),
    "to_bots": ("交还给机器人", "Given back to the bots"),
    "closed": ("会话结束", "The conversation was closed"),
    "tagged": ("添加标签：{tags}", "Tagged: {tags}"),
    "untagged": ("去掉标签：{without}", "No longer tagged: {without}"),
    "retagged": ("添加标签：{tags}；去掉标签：{without}", "Tagged: {tags}; no longer: {without}"),
    "read": ("客服已读", "Read at the desk"),
    "in": ("客户说：{text}", "The customer said: {text}"),
    "out": ("{name}回复：{text}", "{name} answered: {text}"),
    "unsure": ("机器人 {bot} 不确定地回复：{text}", "Bot {bot} was unsure and answered: {text}"),
    "note": ("{name}写下备注：{text}", "{name} noted: {text}"),
    "system": ("系统提示：{text}", "The house said: {text}"),
    "sent": ("已发出：{text}", "Sent: {text}"),
    "delivered": ("已送达：{text}", "Delivered: {text}"),
    "seen": ("客户已读：{text}", "Seen by the customer: {text}"),
    "failed": ("发送失败（{error}）：{text}", "Could not be delivered ({error}): {text}"),
    "due": ("等待经 {channel} 发出{tried}{why}", "Waits to go out on {channel}{tried}{why}"),
    "dead": ("经 {channel} 发送已放弃{tried}{why}", "Given up on {channel}{tried}{why}"),
    "sent_via": ("经 {channel} 以{via}发出{why}：{text}", "Sent on {channel} {via}{why}: {text}"),
    "other": ("{kind}", "{kind}"),
}
_VALUES: Final[Mapping[str, tuple[str, str]]] = {
    "bot": ("机器人", "the bots"),
    "queue": ("人工队列", "the queue"),
    "asked": ("客户要求人工", "the customer asked for a person"),
    "unsure": ("机器人多次不确定", "the bot was unsure too often"),
    "bot_failed": ("机器人没有回答", "no bot answered"),
    "no_bot": ("没有机器人", "there is no bot"),
    "returned": ("客服退回", "an agent gave it back"),
    "transferred": ("转接", "transferred"),
}
_VIA: Final[Mapping[str, tuple[str, str]]] = {
    "passive": ("被动回复", "as the passive reply"),
    "api": ("接口消息", "by the platform's API"),
}
"""The ways that several channels have; what else a channel says is told as it is."""

_STATES: Final[Mapping[str, str]] = {"sent": "sent", "delivered": "delivered", "read": "seen", "failed": "failed"}


async def explain_conversation(reading: Reading, reader: Reader, conversation_id: int, locale: str) -> list[Step]:
    """The steps of a conversation in order, in `locale` (zh-CN, else English); empty where there is none."""
    legs = await reader.all("SELECT id, channel FROM leg WHERE conversation_id = ?", conversation_id)
    words = _Words(locale, {leg["id"]: leg["channel"] for leg in legs})
    events: list[Event] = []
    for person in await _whose(reader, conversation_id):
        after = 0
        while some := await reading.events(after, AT_ONCE, person_id=person, conversation_id=conversation_id):
            after = some[-1].id
            events += some
    steps = [words.step(event) for event in sorted(events, key=lambda event: event.id)]
    steps += [words.waiting(row) for row in await reader.all(_PENDING, conversation_id)]
    return steps


async def _whose(reader: Reader, conversation_id: int) -> set[int]:
    """Whoever may ever have had a conversation: the log goes by persons, and keeps what was written before they were joined."""
    owner = await reader.value("SELECT person_id FROM conversation WHERE id = ?", conversation_id)
    known, new = set[int](), {owner} if owner is not None else set[int]()
    while new:
        known |= new
        facts = [json.loads(row["data"] or "{}") for person in new for row in await reader.all(_JOINED, person)]
        new = {int(one[side]) for one in facts for side in ("survivor", "merged") if side in one} - known
    return known


class _Words:
    def __init__(self, locale: str, channels: Mapping[int, str]) -> None:
        self._channels = channels
        self._place = 0 if locale.startswith("zh") else 1
        self._locale = locale

    def step(self, event: Event) -> Step:
        """An event in words, with who made it happen."""
        code, facts = self._code(event)
        told = event.data.get("words")
        # A plugin's own event may bring its sentence along, in each language.
        text = str(told.get(("zh-CN", "en")[self._place], "")) if isinstance(told, dict) else ""
        text = text or _WORDS[code][self._place].format(**facts)
        actor = str(event.data.get("by", ""))
        message = str(event.message.id) if event.message is not None else ""
        return {"at": event.at, "kind": event.kind, "text": f"{text} [{actor}]" if actor else text, "message": message}

    def _code(self, event: Event) -> tuple[str, dict[str, Any]]:
        data = event.data
        match event.kind.partition("."):
            case ("conversation", _, "opened"):
                return "opened", {"owner": self._value(data.get("owner"))}
            case ("conversation", _, "queued"):
                return "queued", {"team": data.get("team", ""), "reason": self._value(data.get("reason"))}
            case ("conversation", _, "assigned"):
                return ("to_bots", {}) if data.get("bot") else ("assigned", {"name": data.get("name", "")})
            case ("conversation", _, "tagged"):
                new, gone = data.get("tags", ()), data.get("without", ())
                code = "tagged" if not gone else "retagged" if new else "untagged"
                return code, {"tags": ", ".join(map(str, new)), "without": ", ".join(map(str, gone))}
            case ("conversation", _, "closed" | "read" as what):
                return what, {}
            case ("message", _, what) if event.message is not None:
                return self._of_message(what, event.message, data)
            case _:
                return "other", {"kind": event.kind}

    def _of_message(self, what: str, message: Message, data: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        text = plain_text(message.body, self._locale).replace("\n", " ")
        facts = {"text": text if len(text) <= SHORT else f"{text[:SHORT]}…", "name": message.author.name}
        if what == "created":
            if data.get("unsure"):
                return "unsure", {**facts, "bot": data.get("bot", "")}
            return message.direction, facts
        if what == "sent_via":
            return "sent_via", {**facts, **self._way(message, data)}
        code = _STATES.get(str(data.get("state", "")))
        return (code, {**facts, "error": data.get("error", "")}) if code else ("other", {"kind": f"message.{what}"})

    def _way(self, message: Message, data: Mapping[str, Any]) -> dict[str, str]:
        via, detail = str(data.get("via", "")), str(data.get("detail", ""))
        chinese, english = _VIA.get(via, (f" {via} ", f"via {via}"))
        why = ("（{}）", " ({})")[self._place].format(detail) if detail else ""
        channel = self._channels.get(message.leg_id, "?")
        return {"channel": channel, "via": (chinese, english)[self._place], "why": why}

    def waiting(self, row: Mapping[str, Any]) -> Step:
        """A row of the outbox in words."""
        dead = row["state"] != 0
        attempts, why = row["attempts"], f": {row['error']}" if row["error"] else ""
        english = ", tried once" if attempts == 1 else f", tried {attempts} times"
        # What a channel refuses at once counts no attempt.
        tried = (f"，已尝试 {attempts} 次", english)[self._place] if attempts else ""
        facts = {"channel": row["channel"], "tried": tried, "why": why}
        text = _WORDS["dead" if dead else "due"][self._place].format(**facts)
        return {"at": row["due_at"], "kind": "outbox.dead" if dead else "outbox.due", "text": text, "message": str(row["id"])}

    def _value(self, word: Any) -> str:
        found = _VALUES.get(str(word))
        return found[self._place] if found else str(word or "")
