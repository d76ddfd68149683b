"""wechatpy's client on aiohttp: its API classes return what `_request` returns, and here that is awaitable.

Only methods that hand on the result of one call work this way; those are the ones used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from wechatpy import WeChatClient
from wechatpy.utils import json as wechat_json

from hub import Context, HubError, NotReady, Rejected
from hub_wechat.config import WeChatConfig
from hub_wechat.tokens import Tokens
from hub_wechat.troubles import BUSY, OPERATORS, TOKEN_CODES, trouble
from hub_wechat.words import word

UNKNOWN: Final = "unknown"
PLATFORM: Final = "https://api.weixin.qq.com"
BUSY_WAITS: Final = (1.0, 2.0, 4.0)
"""Seconds to wait before each of the three further tries when the platform says that it is busy."""

NONSENSE: Final = -1000
"""Our code for an errcode that is no number."""

LARGEST_ANSWER: Final = 1024 * 1024
TIMEOUT: Final = aiohttp.ClientTimeout(total=20, connect=5)


class Api(WeChatClient):  # type: ignore[misc]
    """The platform's API for one account. Every method is to be awaited; errors are the hub's (`hub_wechat.troubles`)."""

    def __init__(self, ctx: Context, config: WeChatConfig) -> None:
        super().__init__(config.app_id, config.secret.get_secret_value(), auto_retry=False)
        self._ctx = ctx
        self._base = config.api_url
        self.tokens = Tokens(ctx, config.app_id, self._stable_token)

    async def _request(self, method: str, url_or_endpoint: str, **options: Any) -> Any:
        """The one request of wechatpy's: signed by the token, again with another token where that one is not good."""
        url = url_or_endpoint
        if not url.startswith(("http://", "https://")):
            url = options.pop("api_base_url", self.API_BASE_URL) + url
        url = self._base + url.removeprefix(PLATFORM)
        process = options.pop("result_processor", None)
        params = dict(options.pop("params", None) or {})
        if "secret" in params:
            # Some calls are signed by the secret itself.
            result = await self._patiently(method, url, params, options)
        else:
            result = await self._with_token(method, url, params, options)
        return process(result) if process else result

    async def _with_token(self, method: str, url: str, params: dict[str, Any], options: Mapping[str, Any]) -> Any:
        token = await self.tokens.get()
        result = await self._patiently(method, url, {**params, "access_token": token}, options, fails=False)
        if _code(result) in TOKEN_CODES:
            token = await self.tokens.another(token)
            result = await self._patiently(method, url, {**params, "access_token": token}, options, fails=False)
            if _code(result) in TOKEN_CODES:
                self.tokens.distrust(token)
        return self._checked(result, url)

    async def _patiently(
        self, method: str, url: str, params: Mapping[str, Any], options: Mapping[str, Any], *, fails: bool = True
    ) -> Any:
        """Ask, and three times more when the platform is busy."""
        for wait in BUSY_WAITS:
            result = await self._once(method, url, params, options)
            if _code(result) != BUSY:
                break
            await self._ctx.clock.sleep(wait)
        else:
            result = await self._once(method, url, params, options)
        return self._checked(result, url) if fails else result

    async def _once(self, method: str, url: str, params: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
        """One HTTP request. Nothing of its address gets into an error: the token is in there."""
        try:
            body = _body(options)
            async with self._ctx.http.request(method, url, params=params, data=body, timeout=TIMEOUT) as answer:
                if answer.status in (429, 502, 503):
                    raise NotReady(f"WeChat answered HTTP {answer.status}")
                if answer.status != 200:
                    raise self._unknown(f"HTTP {answer.status}")
                return _decoded(await answer.content.read(LARGEST_ANSWER))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotReady(f"WeChat cannot be reached: {type(error).__name__}") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unknown(type(error).__name__) from None

    def _unknown(self, why: str) -> Rejected:
        return Rejected(word(self._ctx.locale, "unknown", why=why), code=UNKNOWN)

    def _checked(self, result: Any, url: str) -> Any:
        code = _code(result)
        if code:
            error = trouble(code, str(result.get("errmsg", "")), self._ctx.locale)
            self._ctx.count(f"wechat_error_{code}")
            if code in OPERATORS or not isinstance(error, Rejected):
                self._ctx.log.error("WeChat refuses", call=url.removeprefix(self._base), code=code, error=str(error))
            raise error
        return result

    async def _stable_token(self) -> tuple[str, float]:
        """Never forced: the same token for everybody, as long as it is good."""
        url = f"{self._base}/cgi-bin/stable_token"
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        self._ctx.count("wechat_token_fetched")
        try:
            result = await self._patiently("post", url, {}, {"data": asked})
        except Rejected as error:
            if error.code != UNKNOWN:
                raise
            # To ask twice does no harm, and nothing was sent to anybody yet.
            raise NotReady(str(error)) from None
        if not isinstance(result, dict) or not isinstance(result.get("access_token"), str):
            raise NotReady("WeChat answered no access token")
        return result["access_token"], float(result.get("expires_in", 7200))

    async def typing(self, openid: str, on: bool) -> None:
        """Show a customer that somebody writes, or does no more. Whether it can be shown does not matter."""
        try:
            data = {"touser": openid, "command": "Typing" if on else "CancelTyping"}
            await self.post("message/custom/typing", data=data)
        except HubError as error:
            self._ctx.log.debug("typing could not be shown", error=str(error))


def _code(result: Any) -> int:
    try:
        return int(result.get("errcode", 0)) if isinstance(result, dict) else 0
    except (TypeError, ValueError):
        return NONSENSE


def _body(options: Mapping[str, Any]) -> Any:
    data, files = options.get("data"), options.get("files")
    if files:
        form = aiohttp.FormData()
        for name, (filename, content, mime) in files.items():
            form.add_field(name, content, filename=filename, content_type=mime)
        return form
    return wechat_json.dumps(data, ensure_ascii=False).encode() if isinstance(data, dict) else data


def _decoded(data: bytes) -> Any:
    """The answer's JSON; the bytes where it is none."""
    try:
        return wechat_json.loads(data.decode("utf-8", "ignore"), strict=False)
    except ValueError:
        return data
