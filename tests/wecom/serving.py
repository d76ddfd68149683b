"""``hub serve`` with this channel, a media store and a bot that repeats. Arguments: data folder, where the platform is."""

from __future__ import annotations

import sys
from pathlib import Path

from hub.config import load
from hub.testing import EchoBot
from hub_cli.serving import serve
from hub_media import Media
from hub_wecom import WeCom

DOCUMENT = """
hub: {{locale: zh-CN, allow_private_networks: ["127.0.0.0/8"], log: {{level: warning, format: json}}}}
plugins:
  - {{use: media, required: true}}
  - {{use: echo, required: true}}
  - use: wecom
    required: true
    config: {{corp_id: wwcorp, secret: secret-of-corp, token: token-corp, aes_key: {key}, accounts: [wk1], base_url: "{url}"}}
"""
KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aQ"


if __name__ == "__main__":
    data = Path(sys.argv[1])
    data.mkdir(exist_ok=True)
    (data / "hub.yaml").write_text(DOCUMENT.format(key=KEY, url=sys.argv[2]), encoding="utf-8")
    config = load(data / "hub.yaml", {}, {"wecom": WeCom, "media": Media, "echo": EchoBot})
    sys.exit(serve(config, "127.0.0.1", 0, data))
