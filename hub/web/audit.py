"""Audit lines: who did what to rights, accounts and personal data. Written with the act, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.store.change import Change, to_json
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.hub import Hub


def audit(hub: Hub, change: Change, actor: str, act: str, subject: str, **facts: Any) -> None:
    """Add a line to `change`: `actor` (a login, or ``hub``) did `act` to `subject`. Never contains a secret."""
    now = int(hub.clock.now() * 1000)
    row = (hub.store.ids.next(), now, actor[:200], act, subject[:200], to_json(facts) if facts else "")
    change.write(Statements.add_audit, row)
