"""Events of the platform's log: somebody enters, a message failed, staff take over or end, something is taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from hub import (
    Author,
    Button,
    Buttons,
    Choice,
    Context,
    Conversation,
    HubError,
    Inbound,
    NotReady,
    Refused,
    SetAttributes,
    StoreUnavailable,
    Text,
)  # fmt: skip
from hub.house import Dossier, Scene
from hub_wecom.addresses import Address, message_of
from hub_wecom.api import Api
from hub_wecom.codes import FAILURES, KfError
from hub_wecom.config import WeComConfig
from hub_wecom.customers import Customers
from hub_wecom.render import menu_of, text_payload
from hub_wecom.sessions import CODE_KINDS, Sessions, State
from hub_wecom.tables import Statements
from hub_wecom.words import words
from hub_windows import Windows

Event = Mapping[str, Any]
Play = Callable[[Scene], Awaitable[None]]
OUT_OF_TIME, OUT_OF_QUOTA = 4, 6
POOL_TAKEN, HANDED_ON, ENDED, REOPENED = 1, 2, 3, 4
"""What staff did in the WeCom program (`change_type`)."""

SYSTEM: Final = Author("system", "", "企业微信")


class Happenings:
    """What events do. `recent` are texts by msgid, set by who takes the messages."""

    recent: MutableMapping[str, str]

    def __init__(
        self, ctx: Context, config: WeComConfig, api: Api, customers: Customers, windows: Windows, sessions: Sessions
    ) -> None:
        self._ctx = ctx
        self._config = config
        self._api = api
        self._customers = customers
        self._windows = windows
        self._sessions = sessions
        self._logins = {userid: login for login, userid in config.servicers.items()}

    async def take(self, account: str, msgid: str, row: Mapping[str, Any]) -> None:
        """Have one event's effect. Raises what has to be tried again."""
        event = row.get("event")
        if not isinstance(event, Mapping):
            self._ctx.count("wecom_rows_skipped")
            return
        address = Address(str(event.get("open_kfid") or account), str(event.get("external_userid") or ""))
        key, sent = f"{account}/{msgid}", float(row.get("send_time") or self._ctx.clock.now())
        match event.get("event_type"):
            case "enter_session":
                await self._entered(address, key, event, sent)
            case "msg_send_fail":
                await self._failed(address, event)
            case "session_status_change":
                await self._session_changed(address, key, event, sent)
            case "user_recall_msg":
                text = self.recent.get(str(event.get("recall_msgid", "")))
                said = words("recalled", self._locale, text=text) if text else words("recalled_unknown", self._locale)
                await self._note(address, key, said)
            case "servicer_recall_msg":
                who = self.staff(str(event.get("servicer_userid", ""))).name
                await self._note(address, key, words("staff_recalled", self._locale, who=who))
            case _:
                self._ctx.count("wecom_other_events")

    @property
    def _locale(self) -> str:
        return self._ctx.locale

    def staff(self, userid: str) -> Author:
        """Who of the hub's agents this userid is; else the userid itself."""
        agent = self._ctx.house.agents.find(self._logins.get(userid, ""))
        if agent is not None:
            return Author("agent", str(agent.id), agent.name)
        return Author("agent", userid, userid or words("somebody", self._locale))

    async def rename(self, address: Address, name: str) -> None:
        """The platform told late what a customer is called."""
        conversation = await self.conversation(address)
        if conversation is not None:

            async def play(scene: Scene) -> None:
                scene.apply((SetAttributes(name=name),), SYSTEM)

            await self.play(conversation, play)

    # -- entering -----------------------------------------------------------------------------------

    async def _entered(self, address: Address, key: str, event: Event, sent: float) -> None:
        """Who comes by a link of ours brings its parameter, word for word; others are greeted."""
        code, parameter = str(event.get("welcome_code") or ""), str(event.get("scene_param") or "")
        scene = str(event.get("scene") or "")
        if not parameter:
            await self._greet(address, code, sent)
            return
        # The one message the code is good for is the answer's.
        self._sessions.keep_code(address, "enter", code, sent)
        facts = {"wecom_scene": scene} if scene else {}
        body = (Choice(words("came_by_link", self._locale), parameter),)
        sender = self._customers.sender(address.customer, **facts)
        try:
            await self._ctx.accept(Inbound(key, sender, body, str(address), int(sent * 1000)))
        except Refused as error:
            if error.status >= 500:
                raise
            self._ctx.count("wecom_rows_refused")

    async def _greet(self, address: Address, code: str, sent: float) -> None:
        welcome = self._config.welcome
        if welcome is None or not code:
            return
        if self._ctx.clock.now() - sent > CODE_KINDS["enter"]:
            self._ctx.count("wecom_welcomes_late")
            return
        if welcome.menu:
            items = tuple(Button(item.label, item.payload, item.url) for item in welcome.menu)
            payload = {"msgtype": "msgmenu", "msgmenu": menu_of(Buttons(items, welcome.text))}
        else:
            payload = text_payload(welcome.text)
        try:
            await self._api.call("send_msg_on_event", {"code": code, **payload})
            self._ctx.count("wecom_welcomes")
        except (KfError, NotReady) as error:
            # It was said once, or it is too late: nobody misses a greeting.
            self._ctx.count("wecom_welcomes_late")
            self._ctx.log.debug("a welcome was not sent", error=str(error))

    # -- messages of ours ---------------------------------------------------------------------------

    async def _failed(self, address: Address, event: Event) -> None:
        """The platform took a message of ours and could not deliver it."""
        kind = int(event.get("fail_type") or 0)
        if kind == OUT_OF_TIME:
            await self._windows.shut(str(address))
        elif kind == OUT_OF_QUOTA:
            await self._windows.used_up(str(address))
        message = message_of(str(event.get("fail_msgid") or ""))
        if message is None:
            self._ctx.count("wecom_other_failures")
            return
        chinese, english = FAILURES.get(kind, FAILURES[0])
        reason = chinese if self._locale.startswith("zh") else english
        try:
            await self._ctx.receipt(message, "failed", f"{reason} ({kind})")
        except Refused as error:
            if error.status >= 500:
                raise
            self._ctx.count("wecom_other_failures")

    # -- staff in the WeCom program -------------------------------------------------------------------

    async def _session_changed(self, address: Address, key: str, event: Event, sent: float) -> None:
        kind, code = event.get("change_type"), str(event.get("msg_code") or "")
        if kind in (POOL_TAKEN, HANDED_ON, REOPENED):
            userid = str(event.get("new_servicer_userid") or "")
            self._sessions.note(address, State.HUMAN, userid)
            self._sessions.keep_code(address, "taken", code, sent)
            await self.handled_in_wecom(address, key, userid, taken=True, greeted=bool(code))
        elif kind == ENDED:
            self._sessions.note(address, State.ENDED)
            self._sessions.keep_code(address, "end", code, sent)
            await self._ended(address, key)

    async def handled_in_wecom(
        self, address: Address, key: str, userid: str, *, taken: bool = False, greeted: bool = False
    ) -> None:
        """A person serves in WeCom: the bots are quiet, and the hub shows who it is.

        `taken` when they took it just now; `greeted` when the customer may be told so, which the platform allows once.
        """
        who, logins = self.staff(userid), self._logins

        async def play(scene: Scene) -> None:
            conversation = scene.conversation
            assert conversation is not None
            agent = self._ctx.house.agents.find(logins.get(userid, ""))
            if conversation.owner_kind == "agent" and conversation.owner_id == who.id:
                return
            if agent is not None and greeted:
                scene.assign_agent(agent)
            elif conversation.owner_kind == "bot":
                scene.hand_over("transferred", self._config.team)
            elif not taken:
                # Whoever looks reads the staff's own words.
                return
            scene.say(SYSTEM, (Text(words("handled", self._locale, who=who.name)),), note=True)

        await self._once(address, f"{key}/handled", play)

    async def _ended(self, address: Address, key: str) -> None:
        async def play(scene: Scene) -> None:
            scene.say(SYSTEM, (Text(words("handled_over", self._locale)),), note=True)
            scene.close()

        await self._once(address, key, play)

    async def _note(self, address: Address, key: str, text: str) -> None:
        async def play(scene: Scene) -> None:
            scene.say(SYSTEM, (Text(text),), note=True)

        await self._once(address, key, play)

    # -- once, and in order -----------------------------------------------------------------------------

    async def _once(self, address: Address, key: str, play: Play) -> None:
        """Play this in the customer's open conversation, unless it was; the fact is stored together with what it does."""
        conversation = await self.conversation(address)
        if conversation is None or conversation.status != "open" or await self._had_its_effect(key):
            return

        async def marked(scene: Scene) -> None:
            await play(scene)
            scene.change.write(Statements.add_happening, (key[:300], scene.now))

        await self.play(conversation, marked)

    async def play(self, conversation: Conversation, play: Play) -> None:
        """Play this in a conversation. What the hub refuses is logged; what has to wait raises."""
        try:
            await self._ctx.house.play(conversation.id, self._ctx.name, play)
        except (StoreUnavailable, NotReady):
            raise
        except HubError as error:
            if isinstance(error, Refused) and error.status >= 500:
                raise
            self._ctx.log.warning("an event of WeCom's had no effect", conversation=conversation.id, error=str(error))

    async def conversation(self, address: Address) -> Conversation | None:
        """The customer's latest conversation."""
        dossier: Dossier | None = await self._ctx.dossier(address.customer, self._config.corp_id)
        return dossier.conversation if dossier is not None else None

    async def _had_its_effect(self, key: str) -> bool:
        return await self._ctx.reader.value("SELECT 1 FROM wecom_happening WHERE key = ?", key[:300]) is not None
