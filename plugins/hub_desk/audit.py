"""Audit lines: who did what to rights, accounts and personal data. Written with the act, or not at all."""

from __future__ import annotations

from typing import Any

from hub import Context
from hub.tables import Change, to_json
from hub_desk.tables import Statements


def audit(ctx: Context, change: Change, actor: str, act: str, subject: str, **facts: Any) -> None:
    """Add a line to `change`: `actor` (a login, or ``hub``) did `act` to `subject`. Never contains a secret."""
    now = int(ctx.clock.now() * 1000)
    row = (ctx.new_id(), now, actor[:200], act, subject[:200], to_json(facts) if facts else "")
    change.write(Statements.add_audit, row)
