"""What the workbench says: why something was refused, and on a terminal. In the language of who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from hub import Refused, worded

_WHY: Final[Mapping[str, tuple[int, str, str]]] = {
    "signed_out": (401, "请先登录。", "Please sign in first."),
    "wrong_password": (401, "用户名或密码不正确。", "The user name or the password is wrong."),
    "too_many_attempts": (
        429,
        "尝试次数过多，请在 {seconds} 秒后再试。",
        "Too many attempts. Please try again in {seconds} seconds.",
    ),
    "csrf": (403, "页面已过期，请刷新后重试。", "This page is out of date. Please reload it and try again."),
    "forbidden": (403, "您没有执行此操作的权限。", "You are not allowed to do this."),
    "bad_token": (
        403,
        "此链接无效、已使用或已过期，请索取新的链接。",
        "This link is not valid, was used or has expired. Please ask for a new one.",
    ),
    "other_login": (422, "此链接是为用户 {login} 生成的。", "This link was made for the user {login}."),
    "bad_login": (
        422,
        "用户名应为 2 至 64 个字母、数字或 . _ @ + -，并以字母或数字开头。",
        "A user name has 2 to 64 letters, digits or . _ @ + - and begins with a letter or a digit.",
    ),
    "login_taken": (409, "用户名 {login} 已被使用。", "The user name {login} is taken."),
    "bad_name": (422, "请填写姓名，最多 100 个字。", "Please give a name of at most 100 characters."),
    "short_password": (422, "密码至少需要 {least} 个字符。", "A password has at least {least} characters."),
    "long_password": (422, "密码最多 {most} 个字符。", "A password has at most {most} characters."),
    "password_is_login": (422, "密码不能与用户名相同。", "The password must not be the user name."),
    "plain_password": (
        422,
        "密码过于简单，请至少使用 {least} 种不同的字符。",
        "This password is too plain: use at least {least} different characters.",
    ),
    "no_such_team": (422, "没有名为 {team} 的团队。", "There is no team {team}."),
    "no_such_agent": (404, "没有这位客服。", "There is no such agent."),
    "inactive": (409, "{name} 已停用。", "{name} is no longer active."),
    "last_admin": (
        409,
        "至少需要保留一位在用的管理员。",
        "There must be at least one active administrator.",
    ),
    "not_found": (404, "没有这条记录，或您无权查看。", "There is no such thing, or you may not see it."),
}


def refusal(code: str, locale: str, **facts: object) -> Refused:
    """The refusal `code` in `locale` (zh-CN, else English)."""
    status, chinese, english = _WHY[code]
    return Refused(status, code, worded((chinese, english), locale, **facts))


_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "setup": (
        "尚无管理员。请打开此链接创建第一个管理员账号（仅可使用一次）：",
        "There is no administrator yet. Open this link to make the first account (it works once):",
    ),
    "invited": ("请把此链接交给 {login}（仅可使用一次）：", "Give this link to {login}; it works once:"),
    "setup_done": ("已有管理员", "there already is an administrator"),
    # the command line
    "agents": ("坐席账号", "the accounts of agents"),
    "invite": ("创建账号并给出设置密码的链接", "make an account and a link with which its owner chooses the password"),
    "setup-link": ("给出创建首个管理员的链接", "print a link to make the first administrator with"),
    "login": ("登录名", "the name to sign in with"),
    "agent_name": ("客户看到的名称，默认同登录名", "the name customers see; the login when left out"),
    "role": ("角色（默认 agent）", "what they may do (default agent)"),
    "team": ("所属团队，可多次给出", "a team they belong to; may be given several times"),
}


def sentence(code: str, locale: str, **facts: object) -> str:
    """What the workbench says on a terminal, in `locale` (zh-CN, else English)."""
    return worded(_SAID[code], locale, **facts)


def setup_url(base: str, token: str) -> str:
    """The page on which somebody with a one-time link chooses a password."""
    return f"{base}/desk/setup#token={token}"


def locale_of(request: web.Request, default: str) -> str:
    """Chinese or English, whichever the browser names first; `default` where it names neither."""
    for part in request.headers.get("Accept-Language", "").lower().split(","):
        if part.strip().startswith("zh"):
            return "zh-CN"
        if part.strip().startswith("en"):
            return "en"
    return default
