"""What the platform's numbers mean."""

from __future__ import annotations

from typing import Final

from hub import Rejected

OK: Final = 0
BUSY: Final = -1
TOO_FAST: Final = frozenset({45009, 45033})
"""Called too often; it opens again by itself."""

BAD_TOKEN: Final = frozenset({40014, 41001, 42001})
"""The access token is not, or no longer, one."""

BAD_CREDENTIALS: Final = frozenset({40001, 40013, 40056, 40091, 42009, 60020})
"""The secret or the corp's id is wrong, or this machine's address is not allowed."""

QUOTA: Final = 95001
WRONG_STATE: Final = 95018
NO_MEDIA: Final = 40007

FAILURES: Final[dict[int, tuple[str, str]]] = {
    0: ("微信没有说明原因", "WeChat does not say why"),
    1: ("客服账号已删除", "the customer service account was deleted"),
    2: ("应用已关闭", "the application is switched off"),
    4: ("会话已过期，超过 48 小时", "more than 48 hours since the customer wrote"),
    5: ("会话已关闭", "the session is closed"),
    6: ("超过 5 条限制", "more than 5 messages since the customer wrote"),
    8: ("主体未验证", "the corp is not verified"),
    10: ("客户拒收", "the customer refuses messages"),
    11: ("企业没有成员登录企业微信", "nobody of the corp is signed in to WeCom"),
    12: ("客服组件禁发的消息类型", "messages of this kind may not be sent here"),
}
"""Why a message could not be delivered (`fail_type`), in Chinese and English."""


class KfError(Rejected):
    """The platform refused a call. `number` is its errcode, `told` what it said."""

    def __init__(self, number: int, told: str) -> None:
        # The rest names addresses and traces of the platform's own.
        self.told = told.partition(", hint")[0].partition(", from ip")[0][:200]
        self.number = number
        super().__init__(f"WeCom refused it: {number} {self.told}", code=str(number))
