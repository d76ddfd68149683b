"""For those who run the hub: the metrics page, the OpenAPI document, the watchdog, and words of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub_ops.plugin import Ops

__all__ = ["Ops"]


def __getattr__(name: str) -> type[Ops]:
    # The words of the command line are in this package too, and work without what the plugin needs (the extra `ops`).
    if name == "Ops":
        from hub_ops.plugin import Ops

        return Ops
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
