"""For those who run the hub: the metrics page, the OpenAPI document, and the words ``hub explain`` and ``hub dead-letters``."""

from __future__ import annotations

from hub_ops.plugin import Ops

__all__ = ["Ops"]
