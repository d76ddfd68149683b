"""A real hub in a process of its own, run as ``hub serve`` runs it.

``python -m bench.hub_process DATA [--web] [--delivered FILE] [--database URL]`` prints the line with its address
when it is ready; SIGTERM ends it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from bench.webhook import Echo, Webhook
from hub import Plugin
from hub.config import load
from hub_cli.serving import serve

DOCUMENT: Final = """
hub: {locale: en, log: {level: warning, format: json}, database: "%s"}
plugins:
  - {use: webhook, required: true, config: {delivered: "%s"}}
  - {use: echo, required: true}
"""
WEB: Final = "  - {use: web, required: true, config: {messages_per_minute: 0}}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--web", action="store_true", help="with the web chat")
    parser.add_argument("--delivered", default="", help="a file for what the webhook delivers")
    parser.add_argument("--database", default="", help="a postgres:// address instead of SQLite")
    options = parser.parse_args()
    plugins: dict[str, type[Plugin[Any]]] = {"webhook": Webhook, "echo": Echo}
    if options.web:
        from hub_web import Web

        plugins["web"] = Web
    options.data.mkdir(parents=True, exist_ok=True)
    document = options.data / "hub.yaml"
    document.write_text(DOCUMENT % (options.database, options.delivered) + (WEB if options.web else ""), encoding="utf-8")
    return serve(load(document, {}, plugins), "127.0.0.1", 0, options.data)


if __name__ == "__main__":
    sys.exit(main())
