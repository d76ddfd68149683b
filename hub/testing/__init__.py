"""What plugin authors test with: a real hub, fake surroundings, transcripts, and a contract for channels."""

from hub.testing.actors import AgentActor, VisitorActor
from hub.testing.clock import ManualClock
from hub.testing.contract import ChannelContract
from hub.testing.fake_api import FakeApi
from hub.testing.fakes import AskingChannel, EchoBot, FakeChannel, FakeConfig, FakePlatform, ScriptBot
from hub.testing.kit import HubKit, Use, use

__all__ = [
    "AgentActor",
    "AskingChannel",
    "ChannelContract",
    "EchoBot",
    "FakeApi",
    "FakeChannel",
    "FakeConfig",
    "FakePlatform",
    "HubKit",
    "ManualClock",
    "ScriptBot",
    "Use",
    "VisitorActor",
    "use",
]
