"""The channel: puts the parts together while it runs, and takes messages out, by the push that waits or by the API."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

from hub import (
    Allowance,
    AuthFailed,
    Channel,
    HubError,
    Identity,
    Leg,
    Limits,
    Outbound,
    Person,
    PluginConfig,
    Rejected,
    Sent,
    Unsupported,
    hookimpl,
    in_language,
)  # fmt: skip
from hub.pages import Operation
from hub_wechat.actions import Quota
from hub_wechat.arrivals import Arrivals
from hub_wechat.callback import Callback
from hub_wechat.client import Api
from hub_wechat.config import WeChatConfig
from hub_wechat.customers import Customers
from hub_wechat.files import Files
from hub_wechat.greetings import Greetings
from hub_wechat.happenings import Happenings
from hub_wechat.log import EventLog
from hub_wechat.menus import publish
from hub_wechat.passive import Passive
from hub_wechat.pieces import KINDS, MAX_TEXT, Piece, Pieces, by_api, passive_kind
from hub_wechat.templates import Templates
from hub_wechat.troubles import GONE
from hub_wechat.uploads import Uploads
from hub_wechat.words import word

REMEMBERED: Final = 2000
LONGEST_SCENE: Final = 64
LONGEST_QR: Final = 30 * 24 * 3600
SETTLE: Final = "settle in"


class WeChat(Channel[WeChatConfig]):
    """An official account (公众号), or the customer service of a mini-program (小程序客服)."""

    Config: ClassVar[type[PluginConfig]] = WeChatConfig
    platform: ClassVar[str] = "wechat"
    title: ClassVar[str] = "微信"
    tables: ClassVar[str | tuple[str, ...]] = ("hub_wechat.tables", "hub_windows.tables")

    @property
    def limits(self) -> Limits:
        """What the account can show. The platform knows no second copy: after a crash a message is not sent again by itself."""
        return Limits(kinds=KINDS[self.config.account], max_text=MAX_TEXT, resend_safe=False)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve the callback while running. Raises AuthFailed when the platform refuses AppID or AppSecret."""
        ctx, config = self.ctx, self.config
        self._api = api = Api(ctx, config)
        await self._check_credentials()
        self._progress: OrderedDict[str, int] = OrderedDict()
        self._uploads = Uploads(ctx, api, config.app_id)
        self._pieces = Pieces(config.account, self._uploads, ctx.locale)
        self._quota = quota = Quota(ctx)
        self._passive = passive = Passive(ctx.clock)
        self._customers = customers = Customers(
            ctx, api, config.app_id, asks=config.unionid and config.account == "official"
        )
        files = Files(ctx, api, config.media, config.api_url)
        greetings = Greetings(ctx, api, quota, in_language(config.welcome, ctx.locale))
        log = EventLog(ctx, config.app_id)
        happenings = Happenings(ctx, log, windows=quota.windows, customers=customers, greetings=greetings)
        arrivals = Arrivals(ctx, config, customers, files)
        self._callback = Callback(ctx, config, arrivals=arrivals, happenings=happenings, quota=quota, passive=passive)
        self._templates = Templates(ctx, api, config)
        ctx.live(passive.hear)
        ctx.task(passive.watch(), "passive replies")
        self._serve()
        await log.tidy()
        ctx.job(SETTLE, self._settle)
        if config.menu is not None:
            await ctx.schedule(SETTLE, 0, key=SETTLE)
        try:
            yield
        finally:
            passive.close()
            await files.close()
            await customers.close()

    @hookimpl
    async def person_erased(self, person: Person, identities: Sequence[Identity]) -> None:
        """What is known of them here goes as well."""
        for identity in identities:
            if (identity.platform, identity.scope) == (self.platform, self.config.app_id):
                await self._customers.forget(identity.external_id)

    def _serve(self) -> None:
        path, text = f"/{self.ctx.name}/callback", {"type": "string"}
        check = Operation("WeChat checks this address", response=text, tags=("wechat",))
        push = Operation("WeChat tells what customers say and do", response=text, tags=("wechat",))
        self.ctx.route("GET", path, self._callback.check, doc=check)
        self.ctx.route("POST", path, self._callback.push, doc=push)

    async def _check_credentials(self) -> None:
        """Wrong ones stop the instance; anything else (a network down, an address that is not listed) is told and may pass."""
        try:
            await self._api.tokens.get()
        except AuthFailed:
            raise
        except HubError as error:
            self.ctx.log.warning("no access token yet", error=str(error))

    async def _settle(self, _: Mapping[str, Any]) -> None:
        """What is to be so on the platform: the menu. What it refuses for good is told, and not tried again."""
        try:
            await publish(self.ctx, self._api, self.config.menu or ())
        except Rejected as error:
            self.ctx.log.error("the menu was not published", error=str(error))

    # -- messages -------------------------------------------------------------------------------

    async def send(self, message: Outbound) -> Sent:
        """By the push that waits for this very message, else as a customer-service message; never both."""
        pieces = await self._pieces.of(message.body)
        why = await self._carried(message, pieces)
        locale = self.ctx.locale
        if not why:
            return Sent(via="passive", detail=word(locale, "passive"))
        await self._send(message, pieces)
        return Sent(via="api", detail=word(locale, why))

    async def _carried(self, message: Outbound, pieces: Sequence[Piece]) -> str:
        """"" when a push carried the message, else the word for why none did."""
        passive, id = self._passive, message.message_id
        if self.config.account == "miniprogram":
            why = "miniprogram"
        elif await self._callback.is_with_people(message.address):
            why = "no_push"
        elif len(pieces) != 1 or message.parts > 1:
            why = "several"
        elif not passive_kind(pieces[0]):
            why = "not_passive"
        else:
            return await passive.carry(id, pieces[0]) or ""
        passive.passed_by(id)
        return why

    async def _send(self, message: Outbound, pieces: Sequence[Piece]) -> None:
        """Piece by piece; when one cannot go now, the next attempt begins with it."""
        key = message.key
        for number in range(self._progress.get(key, 0), len(pieces)):
            # A dead letter that people send again keeps its key; the windows know each piece by its own.
            name = key if len(pieces) == 1 else f"{key}/{number + 1}"
            await self._quota.spend(message.address, name, lambda: self._piece(message.address, pieces[number]))  # noqa: B023
            self._progress[key] = number + 1
        self._progress.pop(key, None)
        if len(self._progress) > REMEMBERED:
            self._progress.popitem(last=False)

    async def _piece(self, openid: str, piece: Piece) -> None:
        try:
            await by_api(self._api, self.config.account, openid, piece)
        except Rejected as error:
            if error.code != str(GONE) or not piece.attachment:
                raise
            await self._uploads.forget(piece.attachment, piece.kind)
            media_id = await self._uploads.media_id(piece.attachment, piece.kind)
            again = Piece(piece.kind, media_id=media_id, attachment=piece.attachment)
            await by_api(self._api, self.config.account, openid, again)

    async def typing(self, address: str, on: bool, author: str) -> None:
        """The line 对方正在输入 above the customer's dialogue."""
        await self._api.typing(address, on)

    async def allowance(self, leg: Leg) -> Allowance:
        """What may still be sent, by the ledger."""
        return await self._quota.windows.left(leg.address)

    # -- for other plugins ----------------------------------------------------------------------

    async def invitation(self, scene: str, seconds: float) -> str:
        """The address of a QR code that brings `scene` back: as the payload of a `Choice` of whoever scans it.

        It works for `seconds`, at most 30 days. Raises Unsupported for a mini-program.
        """
        if self.config.account != "official":
            raise Unsupported(self.ctx.name, "invitation")
        if not 1 <= len(scene) <= LONGEST_SCENE:
            raise Rejected(f"a scene has 1 to {LONGEST_SCENE} characters")
        asked = {
            "expire_seconds": max(60, min(int(seconds), LONGEST_QR)),
            "action_name": "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        answer = await self._api.qrcode.create(asked)
        return str(answer["url"])

    async def send_template(self, name: str, openid: str, values: Mapping[str, str], key: str = "") -> str:
        """Send a template or subscribe message of the YAML; see `hub_wechat.templates`."""
        return await self._templates.send(name, openid, values, key)

    async def learn_unionid(self, openid: str, unionid: str) -> None:
        """Keep a unionid that another system found out, such as a mini-program's server at the login."""
        await self._customers.learn(openid, unionid=unionid)
