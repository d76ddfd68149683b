"""A WeChat platform to test against: it pushes, checks every answer, serves the API, and fails when it is told to.

It shares no code with the plugin and needs no pytest; ``python -m tests.wechat.simulator`` runs it as a process.
"""

from tests.wechat.simulator.account import UNAVAILABLE, Account, Customer, Heard
from tests.wechat.simulator.platform import Answer, Platform

__all__ = ["UNAVAILABLE", "Account", "Answer", "Customer", "Heard", "Platform"]
