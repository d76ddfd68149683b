"""The OneBot v11 channel: QQ and other chats through an implementation of OneBot, by WebSocket either way or by HTTP.

In the YAML: ``use: onebot``. The instance's name is the first part of its addresses (``/onebot``).
"""

from hub_onebot.channel import OneBot
from hub_onebot.config import OneBotConfig

__all__ = ["OneBot", "OneBotConfig"]
