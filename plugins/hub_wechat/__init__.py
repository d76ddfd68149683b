"""WeChat: official accounts (公众号) and the customer service of mini-programs (小程序客服)."""

from __future__ import annotations

from hub_wechat.channel import WeChat
from hub_wechat.config import WeChatConfig

__all__ = ["WeChat", "WeChatConfig"]
