"""``hub serve`` for the fault tests, with the plugins of the bench and one that blocks. Argument: data folder.

It takes any free port and says which, as ``hub serve`` does.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bench.webhook import Echo, Webhook
from hub import Answer, Bot, PluginConfig, Turn, hookimpl, plain_text
from hub.config import load
from hub_cli.serving import serve
from hub_ops import Ops

DOCUMENT = """
hub: {locale: en, log: {level: warning, format: json}}
plugins:
  - {use: webhook, required: true}
  - {use: sleepy, required: true}
  - {use: echo, required: true}
  - {use: ops, required: true}
"""


class Sleepy(Bot[PluginConfig]):
    """Blocks the event loop when somebody says "block", and answers nothing else."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer | None:
        if plain_text(turn.message.body) != "block":
            return None
        time.sleep(0.8)
        return Answer.of("awake")


if __name__ == "__main__":
    data = Path(sys.argv[1])
    data.mkdir(exist_ok=True)
    (data / "hub.yaml").write_text(DOCUMENT, encoding="utf-8")
    config = load(data / "hub.yaml", {}, {"webhook": Webhook, "sleepy": Sleepy, "echo": Echo, "ops": Ops})
    sys.exit(serve(config, "127.0.0.1", 0, data))
