"""Which sites may use the chat: the hub's own pages, and those the configuration names."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web


class Origins:
    """Judges the `Origin` header and writes the frame's policy. `public_url` is the hub's own address, or empty."""

    def __init__(self, allowed: Sequence[str], public_url: str = "") -> None:
        self._allowed = frozenset(allowed)
        self._own = public_url.lower()

    def allows(self, request: web.Request) -> bool:
        """May this request's page use the chat?

        Browsers send `Origin` with every POST and every WebSocket; a client that sends none is no browser, and the
        header protects nobody from it.
        """
        origin = request.headers.get("Origin")
        if origin is None or "*" in self._allowed:
            return True
        origin = origin.lower()
        # Behind a proxy the scheme seen here may differ from the browser's, so the host decides.
        return origin in self._allowed or origin == self._own or origin.partition("://")[2] == request.host.lower()

    def frame_policy(self, request: web.Request) -> str:
        """The content security policy of the panel's page: its own files only, and who may embed it."""
        ancestors = "*" if "*" in self._allowed else " ".join(("'self'", *sorted(self._allowed)))
        sockets = f"ws://{request.host} wss://{request.host}"
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: https:; "
            f"media-src 'self'; connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; "
            f"frame-ancestors {ancestors}"
        )
