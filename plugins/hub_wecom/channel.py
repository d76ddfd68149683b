"""The channel itself: puts the parts together while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

from hub import Allowance, Channel, Identity, Leg, Limits, Outbound, Person, PluginConfig, Sent, hookimpl
from hub.tables import Change
from hub_wecom.addresses import Address
from hub_wecom.api import Api
from hub_wecom.callback import Callback
from hub_wecom.config import WeComConfig
from hub_wecom.customers import Customers
from hub_wecom.happenings import Happenings
from hub_wecom.incoming import Incoming
from hub_wecom.links import Links
from hub_wecom.media import Media
from hub_wecom.render import KINDS, MAX_TEXT
from hub_wecom.sending import Sending
from hub_wecom.service import Service
from hub_wecom.sessions import Sessions
from hub_wecom.sync import Account
from hub_wecom.tables import Statements
from hub_wecom.tokens import Tokens
from hub_windows import Windows

CLEANED_EVERY: Final = 6 * 3600.0
KEPT: Final = 4 * 24 * 3600 * 1000
"""Milliseconds it is known that an event had its effect; the platform tells of three days at most."""


class WeCom(Channel[WeComConfig]):
    """微信客服 of one corp."""

    Config: ClassVar[type[PluginConfig]] = WeComConfig
    platform: ClassVar[str] = "wecom"
    title: ClassVar[str] = "微信客服"
    tables: ClassVar[str | tuple[str, ...]] = ("hub_wecom.tables", "hub_windows.tables")

    @property
    def limits(self) -> Limits:
        """The platform drops a second copy by the id we choose; how many messages it takes, the ledger of windows knows."""
        return Limits(kinds=KINDS, max_text=MAX_TEXT)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Fetch, and be called, while running. Raises AuthFailed where the corp's credentials are refused."""
        ctx, config = self.ctx, self.config
        tokens = Tokens(ctx, config)
        await tokens.get()
        self._api = api = Api(ctx, config.base_url, tokens)
        self._windows = windows = Windows(ctx)
        sessions = Sessions(api, ctx.clock)
        self._customers = customers = Customers(ctx, api, config.corp_id)
        media = Media(ctx, api, config.max_bytes)
        happenings = Happenings(ctx, config, api, customers, windows, sessions)
        incoming = Incoming(ctx, config, customers, media, windows, sessions, happenings)
        self._sending = sending = Sending(ctx, api, media, windows, sessions, happenings)
        self._links = Links(ctx, api, config.accounts[0])
        self._accounts = {name: Account(ctx, config, api, incoming, name) for name in config.accounts}
        Service(ctx, config, sessions, sending, happenings).begin()
        ctx.job("clean", self._clean)
        await ctx.every("clean", seconds=CLEANED_EVERY)
        for account in self._accounts.values():
            ctx.task(account.run(), f"messages of {account.name}")
        Callback(ctx, config, self._fetch).serve()
        yield

    @hookimpl
    async def person_erased(self, person: Person, identities: Sequence[Identity]) -> None:
        """What is known of them here goes as well."""
        for identity in identities:
            if (identity.platform, identity.scope) == (self.platform, self.config.corp_id):
                await self._customers.forget(identity.external_id)

    async def _fetch(self, name: str, token: str) -> None:
        account = self._accounts.get(name)
        if account is not None:
            await account.fetch(token)
        elif not name:
            # Callbacks of older accounts do not say which one has news.
            await asyncio.gather(*(one.fetch(token) for one in self._accounts.values()))
        else:
            self.ctx.count("wecom_other_accounts")

    async def send(self, message: Outbound) -> Sent:
        """See `Channel.send`."""
        return await self._sending.send(message)

    async def recall(self, message: Outbound, external_id: str) -> None:
        """Take back what was sent less than two minutes ago. Raises Rejected later."""
        account = Address.of(message.address).account
        for msgid in external_id.split(","):
            await self._api.call("recall_msg", {"open_kfid": account, "msgid": msgid})

    async def allowance(self, leg: Leg) -> Allowance:
        """What the customer's last message still allows."""
        return await self._windows.left(leg.address)

    async def invitation(self, scene: str, seconds: float = 0, account: str = "") -> str:
        """A link to an account (the first, where none is named), for pages and QR codes.

        Who comes by it brings `scene` to the hub, word for word, as a `Choice` with that payload. Raises Refused (422) for
        a scene that is empty or too long.
        """
        return await self._links.link(scene, account)

    async def _clean(self, _: dict[str, Any]) -> None:
        before = int(self.ctx.clock.now() * 1000) - KEPT
        change = Change()
        for row in await self.ctx.reader.all("SELECT key FROM wecom_happening WHERE at < ? LIMIT 1000", before):
            change.write(Statements.drop_happening, (row["key"],))
        if change.writes:
            await self.ctx.commit(change)
