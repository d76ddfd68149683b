"""The QQ open platform, as a bot meets it: webhook pusher, gateway, API, and whatever may go wrong there.

Written from the platform's documents, and proved with an independent application (`tests/qq/test_peer.py`) before it
judges our own. ``python -m tests.qq.simulator`` runs it beside a hub.
"""

from tests.qq.simulator.answers import Answers
from tests.qq.simulator.events import Events
from tests.qq.simulator.platform import Answered, Failure, Posted, QQPlatform

__all__ = ["Answered", "Answers", "Events", "Failure", "Posted", "QQPlatform"]
