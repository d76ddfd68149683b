"""A real hub in a process of its own, run as ``hub serve`` runs it.

``python -m bench.hub_process DATA [--web] [--wechat SECRET TOKEN API] [--delivered FILE] [--database URL] [--loop NAME]``
prints the line with its address when it is ready; SIGTERM ends it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from bench.loops import add_option, maker
from bench.webhook import Echo, Webhook
from hub import Plugin
from hub.commands import installed, load_plugin
from hub.config import load
from hub_cli.serving import serve

DOCUMENT: Final = """
hub: {locale: en, allow_private_networks: [127.0.0.0/8], log: {level: warning, format: json}, database: "%s"}
plugins:
  - {use: webhook, required: true, config: {delivered: "%s"}}
  - {use: echo, required: true}
"""
WECHAT: Final = """\
  - {use: wechat, required: true, config: {app_id: wxbench00000001, secret: "%s", token: "%s", api_url: "%s"}}
"""
WEB: Final = "  - {use: web, required: true, config: {messages_per_minute: 0}}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--web", action="store_true", help="with the web chat")
    parser.add_argument("--wechat", nargs=3, metavar=("SECRET", "TOKEN", "API"), help="with a WeChat account")
    parser.add_argument("--delivered", default="", help="a file for what the webhook delivers")
    parser.add_argument("--database", default="", help="a postgres:// address instead of SQLite")
    add_option(parser)
    options = parser.parse_args()
    plugins: dict[str, type[Plugin[Any]]] = {"webhook": Webhook, "echo": Echo}
    if options.web:
        from hub_web import Web

        plugins["web"] = Web
    if options.wechat:
        plugins["wechat"] = load_plugin("wechat", installed())
    options.data.mkdir(parents=True, exist_ok=True)
    document = options.data / "hub.yaml"
    more = (WEB if options.web else "") + (WECHAT % tuple(options.wechat) if options.wechat else "")
    document.write_text(DOCUMENT % (options.database, options.delivered) + more, encoding="utf-8")
    return serve(load(document, {}, plugins), "127.0.0.1", 0, options.data, new_loop=maker(options.loop))


if __name__ == "__main__":
    sys.exit(main())
