"""QQ's official bots (API v2): single chats, groups and guild channels, by webhook or by WebSocket gateway.

In the YAML: ``use: qq``. The instance's name is the first part of the webhook's address (``/qq/webhook``).
"""

from hub_qq.channel import QQ
from hub_qq.config import QQConfig

__all__ = ["QQ", "QQConfig"]
