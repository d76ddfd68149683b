"""From an exception to an answer: always ``{"error": {"code", "message"}}``, never a look inside."""

from __future__ import annotations

import math
import secrets
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from hub.errors import CallFailed, Conflict, HubError, NotReady, Refused, Rejected, StoreUnavailable, Unsupported
from hub.log import Logger
from hub.web.routes import NotAllowed

RETRY_AFTER: Final = 2
"""Seconds after which it is worth to try again when nobody knows better."""

_CODES: Final = {status.value: status.name.lower() for status in HTTPStatus} | {
    401: "not_signed_in", 408: "timeout", 413: "too_large", 416: "bad_range", 422: "invalid", 429: "too_many",
    500: "internal", 503: "unavailable",
}  # fmt: skip


class Error(msgspec.Struct, frozen=True):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of every answer that is not 2xx."""

    error: Error


def error_answer(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error as JSON."""
    body = msgspec.json.encode(ErrorAnswer(Error(code, message)))
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8", headers=headers)


def answer_for(error: Exception, request: web.Request, owner: str, log: Logger) -> web.StreamResponse:
    """The answer for whatever a handler of `owner` raised; what nobody expected is logged under a short id."""
    if isinstance(error, ConnectionError | web.RequestPayloadError) and _has_left(request):
        return error_answer(400, "client_gone", "the client left before it was answered")
    if isinstance(error, web.HTTPException):
        return _http(error)
    if isinstance(error, Refused):
        return _refused(error)
    if isinstance(error, Conflict):
        return error_answer(409, "conflict", str(error) or "somebody was faster: read again and decide again")
    if isinstance(error, StoreUnavailable):
        return _later("store_unavailable", "nothing can be stored at the moment; try again soon", RETRY_AFTER)
    if isinstance(error, NotReady):
        return _later("not_ready", str(error) or "not ready; try again soon", error.retry_after or RETRY_AFTER)
    if isinstance(error, Rejected | Unsupported):
        return error_answer(422, "rejected" if isinstance(error, Rejected) else "unsupported", str(error))
    if isinstance(error, CallFailed):
        return _later("not_ready", f"{error.instance} does not answer; try again soon", RETRY_AFTER)
    if not isinstance(error, HubError) and _is_bad_input(error):
        return error_answer(400, "bad_request", _first_line(error))
    return _unexpected(error, request, owner, log)


def _has_left(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _is_bad_input(error: Exception) -> bool:
    # ValidationError is a DecodeError of msgspec's; json's own error is a ValueError, which may be anybody's fault.
    # A body that is not encoded as its headers say is aiohttp's RequestPayloadError.
    known = msgspec.DecodeError | UnicodeDecodeError | web.RequestPayloadError
    return isinstance(error, known) or type(error).__name__ == "JSONDecodeError"


def _first_line(error: Exception) -> str:
    # aiohttp begins with a line that has only the status.
    return (str(error).removeprefix("400, message:").strip().splitlines() or ["the request is malformed"])[0][:300]


def _http(error: web.HTTPException) -> web.StreamResponse:
    if error.status < 400:
        # An exception that is returned is deprecated, one that is raised again would be counted as a failure.
        return web.Response(status=error.status, headers=error.headers, body=error.body)
    code = _CODES.get(error.status, f"http_{error.status}")
    keep = ("Allow", "WWW-Authenticate", "Retry-After", "Location", "Accept", "Sec-WebSocket-Version")
    headers = {name: error.headers[name] for name in keep if name in error.headers}
    return error_answer(error.status, code, error.reason, headers)


def _refused(error: Refused) -> web.Response:
    headers = {"Allow": error.allow} if isinstance(error, NotAllowed) else {}
    # `Busy` knows when, and so may a plugin's own refusal.
    wait = getattr(error, "retry_after", None)
    if wait is None and error.status == 503:
        wait = RETRY_AFTER
    if wait is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    return error_answer(error.status, error.code, str(error), headers)


def _later(code: str, message: str, seconds: float) -> web.Response:
    return error_answer(503, code, message, {"Retry-After": str(math.ceil(seconds))})


def _unexpected(error: Exception, request: web.Request, owner: str, log: Logger) -> web.Response:
    number = secrets.token_hex(4)
    log.error("a request failed", id=number, method=request.method, path=request.path, owner=owner, exc_info=error)
    return error_answer(500, "internal", f"something went wrong; the log tells more under {number}")
