"""The platform's error codes as what the hub understands: try later, never, or the credentials are wrong."""

from __future__ import annotations

from typing import Final

from wechatpy.constants import WeChatErrorCode as Code

from hub import AuthFailed, HubError, NotReady, Rejected
from hub_wechat.words import has, word

BUSY: Final = Code.SYSTEM_BUSY.value
TOKEN_CODES: Final = frozenset({
    Code.INVALID_CREDENTIAL.value, Code.INVALID_ACCESS_TOKEN.value, Code.EXPIRED_ACCESS_TOKEN.value,
})  # fmt: skip
CREDENTIALS: Final = frozenset({40013, 40125, 40002})
"""AppID or AppSecret are wrong."""

OPERATORS: Final = frozenset({40164, 48001, 45009})
"""What only whoever runs the account can mend: not tried again, and told in the log."""

TIME_OVER: Final = 45015
USED_UP: Final = 45047
TOO_FAST: Final = 45011
GONE: Final = 40007
"""The file with this media id is gone."""


def trouble(code: int, text: str, locale: str) -> HubError:
    """What to raise for this errcode."""
    if code in TOKEN_CODES:
        return AuthFailed(word(locale, "token", code=code))
    if code in CREDENTIALS:
        return AuthFailed(word(locale, "refused", code=code, text=text))
    if code == TOO_FAST:
        return NotReady(word(locale, "refused", code=code, text=text), retry_after=60)
    known = {TIME_OVER: "time_over", USED_UP: "used_up", BUSY: "busy"}.get(code, str(code))
    said = word(locale, known) if has(known) else word(locale, "refused", code=code, text=text[:200])
    return Rejected(said, code=str(code))
