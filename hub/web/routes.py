"""Routes: which handler answers which request. A table that changes while the server runs.

Plugins start and stop at any time, so routes are added and taken back at any time; aiohttp's own router is frozen
once the server runs, so it is not used. An exact path comes before a pattern (``/shop/{id}``,
where a name stands for one segment that is not empty), a pattern before files, longer prefixes before shorter ones.

A handler reads ``{id}`` by ``request.match_info["id"]``, as anywhere in aiohttp; the values are decoded.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiohttp import web

from hub.errors import ConfigError, Refused
from hub.web.files import Files

if TYPE_CHECKING:
    from hub.web.operations import Operation

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Undo = Callable[[], None]

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_NAME: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(slots=True, eq=False)
class Route:
    """A handler at its place. `path` is the template, `owner` an instance or ``hub``; `label` names all three, for logs."""

    method: str
    path: str
    handler: Handler
    owner: str
    doc: Operation | None = None
    names: tuple[str, ...] = ()
    label: str = field(init=False)

    def __post_init__(self) -> None:
        # Every request needs it.
        self.label = f"{self.owner}: {self.method} {self.path}"


class NotAllowed(Refused):
    """The path is there, but not for this method; `allow` names those it has."""

    def __init__(self, allow: str) -> None:
        super().__init__(405, "method_not_allowed", f"this address answers only {allow}")
        self.allow = allow


class _Place:
    """All methods of one path or pattern; `shape` matches its paths."""

    __slots__ = ("methods", "rank", "shape")

    def __init__(self, path: str) -> None:
        segments = path.split("/")
        self.methods: dict[str, Route] = {}
        self.shape = re.compile("/".join("([^/]+)" if _NAME.fullmatch(s) else re.escape(s) for s in segments))
        # Where two patterns match, the one whose first difference is a word wins over a name.
        self.rank = tuple(_NAME.fullmatch(segment) is not None for segment in segments)


class Routes:
    """The table."""

    def __init__(self) -> None:
        self._exact: dict[str, _Place] = {}
        self._patterns: dict[int, dict[str, _Place]] = {}
        self._files: dict[str, Files] = {}

    # -- changing it --------------------------------------------------------------------------------

    def add(self, method: str, path: str, handler: Handler, *, owner: str, doc: Operation | None = None) -> Undo:
        """Let `handler` answer; returns how to take it back. HEAD goes to GET's handler.

        Raises ConfigError for a path that is written wrongly or belongs to somebody already.
        """
        method = method.upper()
        _check(method, path)
        names = tuple(_NAME.findall(path))
        route = Route(method, path, handler, owner, doc, names)
        places = self._patterns.setdefault(path.count("/"), {}) if names else self._exact
        key = _NAME.sub("{}", path)
        place = places.get(key)
        if place is None:
            place = places[key] = _Place(path)
            if names:
                self._patterns[path.count("/")] = dict(sorted(places.items(), key=lambda item: item[1].rank))
        taken = place.methods.get(method)
        if taken is not None:
            raise ConfigError(f"{method} {path} of {owner!r} is answered by {taken.owner!r} already ({taken.path})")
        place.methods[method] = route
        return lambda: self._remove(route, key)

    def add_static(
        self, prefix: str, directory: Path, *, owner: str, spa: bool = False, headers: Mapping[str, str] | None = None
    ) -> Undo:
        """Serve the files of `directory`; returns how to end it. See `Context.static`.

        Raises ConfigError when there is no such folder, or the prefix belongs to somebody already.
        """
        base = "/" + prefix.strip("/") + "/" if prefix.strip("/") else "/"
        taken = self._files.get(base)
        if taken is not None:
            raise ConfigError(f"files under {base} of {owner!r} are served by {taken.owner!r} already")
        files = Files(base, directory, owner, spa=spa, headers=headers or {})
        self._files = dict(sorted([*self._files.items(), (base, files)], key=lambda item: -len(item[0])))

        def undo() -> None:
            if self._files.get(base) is files:
                del self._files[base]

        return undo

    def _remove(self, route: Route, key: str) -> None:
        places = self._patterns.get(route.path.count("/"), {}) if route.names else self._exact
        place = places.get(key)
        if place is not None and place.methods.get(route.method) is route:
            del place.methods[route.method]
            if not place.methods:
                del places[key]

    # -- asking it ----------------------------------------------------------------------------------

    def all(self) -> tuple[Route, ...]:
        """All routes, by path and method."""
        places = [*self._exact.values(), *(place for group in self._patterns.values() for place in group.values())]
        found = [route for place in places for route in place.methods.values()]
        return tuple(sorted(found, key=lambda route: (route.path, METHODS.index(route.method))))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route of a request and the values of its names. `path` is decoded.

        Raises Refused (404) where nothing is, and `NotAllowed` (405) where only other methods are.
        """
        wanted = "GET" if method == "HEAD" else method
        allowed: set[str] = set()
        place = self._exact.get(path)
        if place is not None:
            if wanted in place.methods:
                return place.methods[wanted], {}
            allowed.update(place.methods)
        for place in self._patterns.get(path.count("/"), {}).values():
            match = place.shape.fullmatch(path)
            if match is not None:
                route = place.methods.get(wanted)
                if route is not None:
                    return route, dict(zip(route.names, match.groups(), strict=True))
                allowed.update(place.methods)
        files = None if allowed else next((one for one in self._files.values() if one.covers(path)), None)
        if files is not None:
            if wanted == "GET":
                return Route("GET", f"{files.base}*", files.serve, files.owner), {}
            allowed.add("GET")
        if allowed:
            raise NotAllowed(", ".join(("HEAD",) * ("GET" in allowed) + tuple(m for m in METHODS if m in allowed)))
        raise Refused(404, "not_found", "there is nothing at this address")


def _check(method: str, path: str) -> None:
    if method not in METHODS:
        raise ConfigError(f"{method} is no method a route can have; one of {', '.join(METHODS)}")
    rest = _NAME.sub("", path)
    names = _NAME.findall(path)
    whole = all(_NAME.fullmatch(segment) for segment in path.split("/") if "{" in segment)
    if not path.startswith("/") or "{" in rest or "}" in rest or not whole or len(set(names)) != len(names):
        raise ConfigError(f"{path!r} is no path: it starts with / and names whole segments, such as /shop/{{id}}")
