"""What the hub says, to the customer: within the platform's windows, states and numbers of messages."""

from __future__ import annotations

from typing import Final

from hub import Context, NotReady, Outbound, Rejected, Sent
from hub_wecom.addresses import Address, msgid_of
from hub_wecom.api import Api
from hub_wecom.codes import QUOTA, WRONG_STATE, KfError
from hub_wecom.happenings import Happenings
from hub_wecom.media import Media
from hub_wecom.render import Payload, payloads_of
from hub_wecom.sessions import SENDING, Known, Sessions, State
from hub_wecom.words import words
from hub_windows import Closed, Permit, Windows

TRIES: Final = 4
"""A platform that is busy is asked once and three times more."""

MOST_IDS: Final = 6
"""So many ids fit into the hub's field for the platform's id; what has more pieces is taken back only in part."""

TAKEN_BEFORE: Final = "msgid"
"""How a second copy is known: the platform publishes no number for it, but its refusal names the id."""


class Sending:
    """Delivers. `ended` are the latest messages that went or will never go, by address."""

    def __init__(
        self, ctx: Context, api: Api, media: Media, windows: Windows, sessions: Sessions, happenings: Happenings
    ) -> None:
        self._ctx = ctx
        self._api = api
        self._media = media
        self._windows = windows
        self._sessions = sessions
        self._happenings = happenings
        self.ended: dict[Address, int] = {}

    async def send(self, message: Outbound) -> Sent:
        """See `Channel.send`. One message may be several of the platform's; each has an id of its own and counts."""
        address = Address.of(message.address)
        try:
            payloads = await payloads_of(message.body, self._media.media_id)
            ways: list[tuple[str, str]] = []
            for number, payload in enumerate(payloads):
                ways.append(await self._deliver(address, msgid_of(message.key, number), payload))
        except NotReady as error:
            if message.attempt >= TRIES:
                self._note_end(address, message.message_id)
                raise Rejected(f"tried {TRIES} times: {error}", code="busy") from error
            raise
        except Rejected:
            self._note_end(address, message.message_id)
            raise
        self._note_end(address, message.message_id)
        via, detail = ways[-1] if ways else ("api", "")
        ids = [msgid_of(message.key, number) for number in range(min(len(payloads), MOST_IDS))]
        return Sent(",".join(ids), via=via, detail=detail)

    def _note_end(self, address: Address, message_id: int) -> None:
        self.ended[address] = max(message_id, self.ended.pop(address, 0))
        if len(self.ended) > 50_000:
            del self.ended[next(iter(self.ended))]

    # -- one message of the platform's ----------------------------------------------------------------

    async def _deliver(self, address: Address, msgid: str, payload: Payload) -> tuple[str, str]:
        """Send it; returns how it went, and why so."""
        known = self._sessions.known(address)
        if known is not None and known.state not in SENDING:
            by_code = await self._by_code(address, msgid, payload)
            if by_code is None:
                raise await self._refusal(address, known)
            return by_code
        try:
            permit = await self._windows.take(str(address), msgid)
        except Closed:
            by_code = await self._by_code(address, msgid, payload)
            if by_code is None:
                raise
            return by_code
        return await self._by_interface(address, msgid, payload, permit)

    async def _by_interface(
        self, address: Address, msgid: str, payload: Payload, permit: Permit
    ) -> tuple[str, str]:
        body = {"touser": address.customer, "open_kfid": address.account, "msgid": msgid, **payload}
        went = "api", f"send_msg, {permit.rule} {permit.number}"
        try:
            await self._api.call("send_msg", body)
        except KfError as error:
            if TAKEN_BEFORE in error.told:
                return went
            if error.number == QUOTA:
                await self._windows.used_up(str(address))
                raise
            await self._windows.give_back(permit)
            if error.number != WRONG_STATE:
                raise
            return await self._elsewhere(address, msgid, payload)
        return went

    async def _elsewhere(self, address: Address, msgid: str, payload: Payload) -> tuple[str, str]:
        """The session is in no state for the interface: say which, and use a code where there is one."""
        known = await self._sessions.ask(address)
        by_code = await self._by_code(address, msgid, payload)
        if by_code is not None:
            return by_code
        if known.state in SENDING:
            raise Rejected("WeCom says the session is in no state to send, and then that it is", code=str(WRONG_STATE))
        raise await self._refusal(address, known)

    async def _by_code(self, address: Address, msgid: str, payload: Payload) -> tuple[str, str] | None:
        """By a code of an event or a change, each good for one message; None where there is none."""
        found = self._sessions.take_code(address, str(payload["msgtype"]))
        if found is None:
            return None
        kind, code = found
        try:
            await self._api.call("send_msg_on_event", {"code": code, "msgid": msgid, **payload})
        except KfError as error:
            if TAKEN_BEFORE not in error.told:
                self._ctx.log.debug("a code of WeCom's was good for nothing", kind=kind, error=str(error))
                return None
        except NotReady:
            self._sessions.keep_code(address, kind, code)
            raise
        return "event", f"send_msg_on_event, {kind}"

    async def _refusal(self, address: Address, known: Known) -> Rejected:
        """Why nothing is sent, in words; where a person serves in WeCom the hub's conversation follows."""
        locale = self._ctx.locale
        if known.state is State.ENDED:
            return Rejected(words("over", locale), code=str(WRONG_STATE))
        if known.state is State.POOL:
            return Rejected(words("still_waiting", locale), code=str(WRONG_STATE))
        who = self._happenings.staff(known.servicer).name
        since = f"{address}/{known.servicer}/{int(known.at)}"
        await self._happenings.handled_in_wecom(address, since, known.servicer)
        return Rejected(words("still_handled", locale, who=who), code=str(WRONG_STATE))
