"""The other side of `hub_wecom`: 微信客服 as far as the channel meets it, in memory.

`Platform` is what it knows and decides, `Server` speaks HTTP for it and pushes callbacks. It needs no pytest:
``python -m tests.wecom.simulator --hub http://127.0.0.1:8080/wecom`` runs one corp, whose customers write by
``POST /customers/<account>/<customer>`` with ``{"text": …}``.
"""

from tests.wecom.simulator.platform import Account, Corp, Delivered, Media, Platform, Session
from tests.wecom.simulator.seal import Seal
from tests.wecom.simulator.server import Pushed, Server

__all__ = ["Account", "Corp", "Delivered", "Media", "Platform", "Pushed", "Seal", "Server", "Session"]
