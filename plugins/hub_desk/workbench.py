"""What the parts of one workbench share."""

from __future__ import annotations

from collections.abc import Sequence

from hub import Context
from hub_desk.accounts import Accounts
from hub_desk.acts import Acts
from hub_realtime import Realtime


class Workbench:
    """One of them: its accounts, its open pages, what agents do, and the replies (`title`, `text`) that are ready for them."""

    def __init__(self, ctx: Context, canned: Sequence[dict[str, str]] = ()) -> None:
        self.ctx = ctx
        self.realtime = Realtime(ctx)
        self.accounts = Accounts(ctx)
        self.acts = Acts(ctx)
        self.canned = canned
