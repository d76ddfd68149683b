"""微信客服 (WeCom customer service) as a channel: callbacks, the sync loop, sessions, files both ways.

In the YAML: ``use: wecom``, one instance for each corp. The platform calls ``/<instance>/callback``.
"""

from hub_wecom.channel import WeCom
from hub_wecom.config import WeComConfig

__all__ = ["WeCom", "WeComConfig"]
