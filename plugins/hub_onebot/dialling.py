"""Dialling an implementation, again and again, for as long as the channel runs."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp

from hub import AuthFailed, Context, PluginError, Refused
from hub_onebot.api import done
from hub_onebot.config import OneBotConfig
from hub_onebot.events import Event
from hub_onebot.ids import id_of
from hub_onebot.intake import Intake, check_account
from hub_onebot.lines import Lines
from hub_onebot.link import CLOSE_LIMIT, Link, Role

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0


class Dialler:
    """Keeps one socket to the implementation, or two where API and events go apart."""

    def __init__(self, ctx: Context, config: OneBotConfig, lines: Lines, intake: Intake) -> None:
        self._ctx = ctx
        self._config = config
        self._lines = lines
        self._intake = intake

    def start(self) -> None:
        """Dial from now on."""
        paths: dict[str, Role] = {"/": "universal"} if self._config.sockets == "one" else {"/api": "api", "/event": "event"}
        for path, role in paths.items():
            self._ctx.task(self._keep(self._config.url + path, role), f"dial {path}")

    async def _keep(self, url: str, role: Role) -> None:
        wait = FIRST_WAIT
        while True:
            socket = await self._connect(url)
            if socket is not None:
                wait = FIRST_WAIT
                await self._serve(socket, role)
            await self._ctx.clock.sleep(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    async def _connect(self, url: str) -> aiohttp.ClientWebSocketResponse | None:
        """A socket, or None where there is none now. Raises AuthFailed where the access token is refused."""
        token = self._config.access_token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return await self._ctx.http.ws_connect(
                url, headers=headers, autoping=False, max_msg_size=int(self._config.max_event_bytes),
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_LIMIT),
            )  # fmt: skip
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 403):
                raise AuthFailed("the implementation refused the access_token") from error
            self._ctx.log.warning("the implementation did not open a socket", status=error.status)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # Others may have the whole address in their words, and with it a token.
            why = str(error) if isinstance(error, aiohttp.ClientConnectorError) else type(error).__name__
            self._ctx.log.warning("the implementation cannot be reached", error=why)
        return None

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse, role: Role) -> None:
        link = Link(
            self._ctx, socket, role, "", self._event,
            call_timeout=self._config.call_timeout, silence=self._config.silence,
        )  # fmt: skip
        introduction = asyncio.create_task(self._introduce(link), name=f"{self._ctx.name}: get_login_info")
        try:
            await link.serve()
        finally:
            introduction.cancel()
            self._lines.leave(link)
            await link.close("the hub hangs up")

    async def _introduce(self, link: Link) -> None:
        """Ask whose account it is: a socket for calls only never tells by itself."""
        if link.role == "event":
            return
        try:
            answer = done("get_login_info", await link.call("get_login_info", {}))
            self._known(link, id_of(answer.facts.get("user_id")))
        except (PluginError, Refused) as error:
            self._ctx.log.warning("the implementation does not tell whose account it is", error=str(error))
            if len(self._config.self_ids) == 1:
                self._known(link, self._config.self_ids[0])

    async def _event(self, link: Link, event: Event) -> None:
        if not link.self_id:
            try:
                self._known(link, id_of(event.get("self_id")))
            except Refused as error:
                self._ctx.log.warning("an account that is not served here", reason=str(error))
        await self._intake.pushed(event, link.self_id or id_of(event.get("self_id")))

    def _known(self, link: Link, self_id: str) -> None:
        check_account(self_id, self._config)
        if not link.self_id and not link.closed:
            link.self_id = self_id
            self._lines.join(link)
