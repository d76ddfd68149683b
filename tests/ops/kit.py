"""A configuration with the plugin `ops`."""

from __future__ import annotations

from typing import Final

from tests.desk.kit import CONFIG

WITH_OPS: Final = f"{CONFIG.rstrip()}\n  - use: ops\n"
