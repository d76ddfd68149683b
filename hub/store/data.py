"""Small durable values: a plugin's cursor, a token, the hub's secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hub.store.change import to_json
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.store.store import Store


class InstanceData:
    """Values of one owner by key. A value is anything JSON can hold; `put` returns when it is stored."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner

    async def get(self, key: str, default: Any = None) -> Any:
        """The value under `key`."""
        text = await self._store.reader.value("SELECT value FROM datum WHERE name = ?", self._name(key))
        return default if text is None else msgspec.json.decode(text)

    async def put(self, key: str, value: Any) -> None:
        """Store `value` under `key`."""
        await self._store.write(Statements.put_datum, (self._name(key), to_json(value)))

    async def delete(self, key: str) -> None:
        """Forget what is under `key`."""
        await self._store.write(Statements.drop_datum, (self._name(key),))

    def _name(self, key: str) -> str:
        return f"{self._owner}/{key}"
