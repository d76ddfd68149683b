"""Calls by HTTP: ``POST {api_root}/{action}``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec
from pydantic import SecretStr

from hub import AuthFailed, Context, NotReady, Rejected
from hub_onebot.api import Answer, answer_of, unknown, within


class HttpApi:
    """The API of the implementation at `root`."""

    via = "http"

    def __init__(self, ctx: Context, root: str, token: SecretStr, call_timeout: float) -> None:
        self._ctx = ctx
        self._root = root
        self._token = token
        self._call_timeout = call_timeout

    async def call(self, action: str, params: Mapping[str, Any]) -> Answer:
        """See `Api.call`. Raises AuthFailed where the token is refused."""
        try:
            return await within(self._ctx.clock, self._call_timeout, self._post(action, params))
        except aiohttp.ClientConnectorError as error:
            raise NotReady(f"the API of the implementation cannot be reached: {error.os_error.strerror}") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise NotReady("the API of the implementation does not take connections") from error
        except TimeoutError:
            raise unknown(action, f"no answer within {self._call_timeout:g} s") from None
        except (aiohttp.ClientError, asyncio.IncompleteReadError) as error:
            raise unknown(action, type(error).__name__) from error

    async def _post(self, action: str, params: Mapping[str, Any]) -> Answer:
        token = self._token.get_secret_value()
        # A connection kept open may be closed by the other side just when it is used again, and then nobody knows.
        headers = {"Content-Type": "application/json", "Connection": "close"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url, body = f"{self._root}/{action}", msgspec.json.encode(params)
        async with self._ctx.http.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            return self._judged(action, answer.status, answer.headers, await answer.read())

    def _judged(self, action: str, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        match status:
            case 401 | 403:
                raise AuthFailed("the implementation refused the access_token")
            case 404:
                raise Rejected(f"the implementation does not know {action}", code="404")
            case 429 | 503:
                wait = headers.get("Retry-After", "")
                raise NotReady(f"the implementation answered {status}", retry_after=float(wait) if wait.isdecimal() else None)
            case _ if 400 <= status < 500:
                raise Rejected(f"{action} was answered with {status}", code=str(status))
            case _ if not 200 <= status < 300:
                raise unknown(action, f"answered with {status}")
        try:
            payload = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            raise unknown(action, "the answer is no JSON") from error
        if not isinstance(payload, dict):
            raise unknown(action, "the answer is no object")
        return answer_of(payload)
