"""Files of a folder, served as they are: built pages with their scripts and pictures.

The folder is listed once, so a request can only get what was listed: there is no path to escape by.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiohttp import web

from hub.errors import ConfigError, Refused

FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"

_HASHED: Final = re.compile(r"[.-](?=[\w-]*[0-9A-Z])[\w-]{8,}\.[a-z0-9.]+$", re.ASCII)
"""A name with a hash of its content: eight or more letters, one of them a digit or a capital."""
_PACKED: Final = (".br", ".gz")

# The machine's own table of types differs from machine to machine, and `nosniff` makes a wrong type fatal.
_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".txt": "text/plain; charset=utf-8",
    ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8", ".map": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json", ".wasm": "application/wasm",
    ".svg": "image/svg+xml", ".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon",
    ".woff": "font/woff", ".woff2": "font/woff2", ".mp3": "audio/mpeg",
}


class Files:
    """What lies in `directory`, under `base` (a path with a slash at both ends).

    With `spa` an unknown page (a path without a dot in its last part) gets ``index.html``.
    """

    def __init__(
        self, base: str, directory: Path, owner: str, *, spa: bool = False, headers: Mapping[str, str] | None = None
    ) -> None:
        if not directory.is_dir():
            raise ConfigError(f"{owner!r} serves the folder {directory.name!r}, which does not exist")
        self.base = base
        self.owner = owner
        self._spa = spa
        self._headers = dict(headers or {})
        self._files = _listed(directory.resolve())

    def covers(self, path: str) -> bool:
        """Does this path lie under `base`? The base without its last slash does too: it is sent there."""
        return path.startswith(self.base) or path == self.base[:-1]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The file a request asks for; a packed one beside it where the browser takes that. Raises Refused (404)."""
        path = request.path
        if not path.startswith(self.base):
            raise web.HTTPPermanentRedirect(self.base)
        found = self._find(path[len(self.base) :])
        if found is None:
            raise Refused(404, "not_found", "there is nothing at this address")
        caching = FOR_EVER if _HASHED.search(found.name) else ASK_AGAIN
        headers = {"Content-Type": _type_of(found), "Cache-Control": caching, "Vary": "Accept-Encoding", **self._headers}
        # aiohttp compares the ETag, picks the packed file by Accept-Encoding and serves ranges.
        return web.FileResponse(found, headers=headers)

    def _find(self, name: str) -> Path | None:
        found = self._files.get(f"{name}index.html" if not name or name.endswith("/") else name)
        if found is None and self._spa and "." not in name.rpartition("/")[2]:
            return self._files.get("index.html")
        return found


def _listed(directory: Path) -> dict[str, Path]:
    found = {}
    for path in directory.rglob("*"):
        name = path.relative_to(directory).as_posix()
        hidden = any(part.startswith(".") for part in name.split("/"))
        inside = path.resolve().is_relative_to(directory)
        if path.is_file() and inside and not hidden and path.suffix not in _PACKED:
            found[name] = path
    return found


def _type_of(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.types_map.get(path.suffix) or "application/octet-stream"
