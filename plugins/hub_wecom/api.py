"""Calls to the platform, on the instance's own HTTP session."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import msgspec

from hub import AuthFailed, Context, NotReady
from hub_wecom.codes import BAD_CREDENTIALS, BAD_TOKEN, BUSY, NO_MEDIA, OK, TOO_FAST, KfError
from hub_wecom.tokens import Tokens

TOO_FAST_WAIT: Final = 60.0
_NAME: Final = re.compile(r"filename=\"?([^\";]+)", re.IGNORECASE)
_JSON: Final = ("application/json", "text/plain", "text/json")
Told = Mapping[str, Any]


class Download:
    """A file of the platform's: its name, what it is said to be, its bytes in pieces."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        found = _NAME.search(answer.headers.get("Content-Disposition", ""))
        self.name = found.group(1).encode("utf-8", "replace").decode() if found else ""
        self.declared = answer.headers.get("Content-Type", "")
        self.chunks = answer.content.iter_chunked(64 * 1024)


class Api:
    """The interface as functions. They raise KfError for a refusal, NotReady for later, AuthFailed for wrong credentials."""

    def __init__(self, ctx: Context, base_url: str, tokens: Tokens) -> None:
        self._ctx = ctx
        self._base_url = base_url
        self._tokens = tokens

    async def call(self, path: str, body: Told) -> Told:
        """``POST /cgi-bin/kf/<path>``."""

        async def post(token: str) -> Told:
            return await self._post(f"kf/{path}", token, json=body)

        return await self._with_token(post)

    async def upload(self, kind: str, name: str, mime: str, data: bytes) -> str:
        """Bring a file to the platform, which keeps it for three days; returns its media id."""

        async def post(token: str) -> Told:
            # The platform does not read the encoded names of RFC 2231, only plain UTF-8.
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("media", data, filename=re.sub(r"[\"\\\r\n]", "_", name), content_type=mime)
            return await self._post("media/upload", token, data=form, params={"type": kind})

        return str((await self._with_token(post))["media_id"])

    @asynccontextmanager
    async def download(self, media_id: str) -> AsyncIterator[Download]:
        """A file a customer sent. Raises KfError when it is gone."""
        token = await self._tokens.get()
        for last in (False, True):
            url, query = f"{self._base_url}/cgi-bin/media/get", {"access_token": token, "media_id": media_id}
            try:
                async with self._ctx.http.get(url, params=query) as answer:
                    number = await self._check_file(answer)
                    if number == OK:
                        yield Download(answer)
                        return
            except (aiohttp.ClientError, TimeoutError) as error:
                raise NotReady(f"WeCom cannot be reached: {type(error).__name__}") from None
            if last:
                break
            token = await self._tokens.renew(token)
        raise AuthFailed("WeCom refuses its own new token")

    async def _check_file(self, answer: aiohttp.ClientResponse) -> int:
        """0 for a file, a number of `BAD_TOKEN` for a token to be renewed; raises for the rest."""
        if answer.status >= 400:
            raise KfError(NO_MEDIA, f"HTTP {answer.status}") if answer.status < 500 else NotReady("WeCom is down")
        if answer.content_type not in _JSON or "Content-Disposition" in answer.headers:
            return OK
        told = _decoded(await answer.read())
        number = int(told.get("errcode", NO_MEDIA))
        if number not in BAD_TOKEN:
            _raise_for(number, told)
        return number

    async def _with_token(self, call: Callable[[str], Awaitable[Told]]) -> Told:
        token = await self._tokens.get()
        told = await call(token)
        if int(told.get("errcode", OK)) in BAD_TOKEN:
            told = await call(await self._tokens.renew(token))
        number = int(told.get("errcode", OK))
        if number in BAD_TOKEN:
            raise AuthFailed(f"WeCom refuses its own new token ({number})")
        _raise_for(number, told)
        return told

    async def _post(self, path: str, token: str, *, params: Mapping[str, str] | None = None, **content: Any) -> Told:
        query = {"access_token": token, **(params or {})}
        self._ctx.count("wecom_calls")
        try:
            async with self._ctx.http.post(f"{self._base_url}/cgi-bin/{path}", params=query, **content) as answer:
                body = await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            # The error's own words could name the address, and with it the token.
            raise NotReady(f"WeCom cannot be reached: {type(error).__name__}") from None
        if status >= 500:
            raise NotReady(f"WeCom is down: HTTP {status}")
        return _decoded(body)


def _decoded(body: bytes) -> Told:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        raise NotReady("WeCom's answer cannot be read") from None


def _raise_for(number: int, told: Told) -> None:
    """An answer with HTTP 200 may be an error all the same."""
    if number == OK:
        return
    error = KfError(number, str(told.get("errmsg", "")))
    if number == BUSY:
        raise NotReady("WeCom is busy (-1)")
    if number in TOO_FAST:
        raise NotReady(f"WeCom was called too often ({number})", retry_after=TOO_FAST_WAIT)
    if number in BAD_CREDENTIALS:
        raise AuthFailed(str(error))
    raise error
