"""What the platform knows and decides: corps, accounts, sessions with their states, the log, codes, files."""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HOUR = 3600.0
DAY = 24 * HOUR
CUSTOMER, EVENT, STAFF = 3, 4, 5
NEW, ROBOT, POOL, HUMAN, ENDED = range(5)
WAYS = {NEW: {ROBOT, POOL, HUMAN, ENDED}, ROBOT: {POOL, HUMAN, ENDED}, POOL: {HUMAN, ENDED}, HUMAN: {HUMAN, ENDED}, ENDED: set()}
CODE_LASTS = {"enter": 20.0, "end": 20.0, "pool": 48 * HOUR, "taken": 48 * HOUR}
CODE_STATE = {"pool": POOL, "taken": HUMAN, "end": ENDED}
KINDS = ("text", "image", "voice", "video", "file", "link", "miniprogram", "msgmenu", "location")
MSGID = re.compile(r"[0-9a-zA-Z_-]{1,32}")


class Refusal(Exception):
    """An errcode other than 0."""

    def __init__(self, number: int, told: str) -> None:
        super().__init__(told)
        self.answer = {"errcode": number, "errmsg": f"{told}, hint: [1716000000], from ip: 127.0.0.1"}


@dataclass
class Delivered:
    """A message a customer got, and how."""

    customer: str
    payload: dict[str, Any]
    msgid: str
    by: str
    recalled: bool = False


@dataclass
class Session:
    """One customer with one account."""

    state: int = ENDED
    servicer: str = ""
    left: int = 0
    until: float = 0.0
    greeted_at: float = 0.0
    refuses: bool = False


@dataclass
class Code:
    """A code for one message."""

    kind: str
    account: str
    customer: str
    until: float
    used: bool = False


@dataclass
class Media:
    """A file, for three days."""

    kind: str
    name: str
    mime: str
    data: bytes
    until: float


@dataclass
class Account:
    """A customer service account: its log, its sessions, what went out, the ids used."""

    log: list[dict[str, Any]] = field(default_factory=list)
    sessions: dict[str, Session] = field(default_factory=dict)
    sent: list[Delivered] = field(default_factory=list)
    msgids: set[str] = field(default_factory=set)
    forgotten_cursors: bool = False

    def session(self, customer: str) -> Session:
        return self.sessions.setdefault(customer, Session())


@dataclass
class Corp:
    """A corp: credentials, accounts, customers, staff, tokens, codes, files. `page` is how many rows a page has at most."""

    corp_id: str
    secret: str
    token: str
    aes_key: str
    now: Callable[[], float] = time.time
    page: int = 1000
    empty_pages: int = 0
    slow_calls: int = 30
    accounts: dict[str, Account] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    callback_tokens: dict[str, float] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    without_token: list[float] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def called(self, path: str) -> list[dict[str, Any]]:
        """The bodies of all calls of `path`."""
        return [body for one, body in self.calls if one == path]

    # -- customers and staff ----------------------------------------------------------------------

    def row(self, account: str, customer: str, kind: str, content: dict[str, Any], *, origin: int = CUSTOMER, **more: Any) -> str:
        """Add to the log; returns the msgid."""
        msgid = str(more.pop("msgid", "") or f"msg{next(self.numbers)}")
        entry: dict[str, Any] = {"msgid": msgid, "send_time": int(self.now()), "origin": origin, "msgtype": kind, kind: content}
        if kind != "event":
            entry |= {"open_kfid": account, "external_userid": customer}
        if not any(one["msgid"] == msgid for one in self.accounts[account].log):
            self.accounts[account].log.append({**entry, **more})
        return msgid

    def says(self, account: str, customer: str, kind: str = "text", *, msgid: str = "", **content: Any) -> str:
        """A customer sends something: the allowance is whole again, and a session that had ended is new."""
        if kind == "text" and not str(content.get("content", "")).strip():
            raise ValueError("WeChat does not send blank messages")
        session = self._session(account, customer)
        if session.state == ENDED:
            session.state, session.servicer = NEW, ""
        session.left, session.until = 5, self.now() + 48 * HOUR
        return self.row(account, customer, kind, content, msgid=msgid)

    def enters(self, account: str, customer: str, *, scene: str = "", scene_param: str = "") -> str:
        """A customer opens the chat; who was not greeted in 48 hours and never wrote brings a welcome code."""
        session, event = self._session(account, customer), {"scene": scene, "scene_param": scene_param}
        if session.until < self.now() and session.greeted_at < self.now() - 48 * HOUR:
            event["welcome_code"] = self.code("enter", account, customer)
        return self.event(account, customer, "enter_session", **event)

    def event(self, account: str, customer: str, kind: str, **facts: Any) -> str:
        """Add an event to the log."""
        inner = {"event_type": kind, "open_kfid": account, "external_userid": customer, **facts}
        return self.row(account, customer, "event", inner, origin=EVENT)

    def staff_says(self, account: str, customer: str, userid: str, kind: str = "text", **content: Any) -> str:
        """Somebody of the staff writes in the WeCom program; a session that had ended is theirs by that."""
        session = self._session(account, customer)
        if session.state != HUMAN or session.servicer != userid:
            before, session.state, session.servicer = session.servicer, HUMAN, userid
            self._changed(account, customer, 4, old_servicer_userid=before, new_servicer_userid=userid)
        return self.row(account, customer, kind, content, origin=STAFF, servicer_userid=userid)

    def staff_takes(self, account: str, customer: str, userid: str) -> None:
        """Somebody of the staff takes a session from the pool."""
        session = self._session(account, customer)
        session.state, session.servicer = HUMAN, userid
        self._changed(account, customer, 1, new_servicer_userid=userid, msg_code=self.code("taken", account, customer))

    def staff_ends(self, account: str, customer: str) -> None:
        """Whoever serves ends the session."""
        session = self._session(account, customer)
        before, session.state, session.servicer = session.servicer, ENDED, ""
        self._changed(account, customer, 3, old_servicer_userid=before, msg_code=self.code("end", account, customer))

    def _changed(self, account: str, customer: str, kind: int, **facts: Any) -> None:
        self.event(account, customer, "session_status_change", change_type=kind, **facts)

    def _session(self, account: str, customer: str) -> Session:
        """The session, which ends by itself 48 hours after the customer's last message."""
        session = self.accounts[account].session(customer)
        if session.state != ENDED and session.until < self.now():
            session.state, session.servicer = ENDED, ""
        return session

    def code(self, kind: str, account: str, customer: str) -> str:
        """A new code for one message."""
        word = f"CODE{next(self.numbers)}"
        self.codes[word] = Code(kind, account, customer, self.now() + CODE_LASTS[kind])
        return word

    def keep(self, kind: str, name: str, mime: str, data: bytes) -> str:
        """Keep a file; returns its media id."""
        media_id = f"media{next(self.numbers)}"
        self.media[media_id] = Media(kind, name, mime, data, self.now() + 3 * DAY)
        return media_id

    def callback_token(self) -> str:
        """A token of a callback, good for ten minutes."""
        token = f"ENC{secrets.token_hex(8)}"
        self.callback_tokens[token] = self.now() + 600
        return token

    # -- the interface ------------------------------------------------------------------------------

    def gettoken(self, secret: str) -> dict[str, Any]:
        """The same token while it is good."""
        if secret != self.secret:
            raise Refusal(40001, "invalid credential")
        token = next((one for one, until in self.tokens.items() if until > self.now()), "")
        if not token:
            token = secrets.token_hex(100)
            self.tokens[token] = self.now() + 7200
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200}

    def check(self, token: str) -> None:
        """Is this an access token?"""
        if token not in self.tokens:
            raise Refusal(40014, "invalid access_token")
        if self.tokens[token] <= self.now():
            raise Refusal(42001, "access_token expired")

    def _account(self, body: dict[str, Any]) -> Account:
        account = self.accounts.get(str(body.get("open_kfid", "")))
        if account is None:
            raise Refusal(95004, "invalid open_kfid")
        return account

    def sync_msg(self, body: dict[str, Any]) -> dict[str, Any]:
        """The log from a place on. Without a cursor from three days ago; without a token only now and then."""
        account, now = self._account(body), self.now()
        self._admit(str(body.get("token", "")), now)
        cursor = str(body.get("cursor", ""))
        if cursor and (account.forgotten_cursors or not cursor.startswith("cursor")):
            raise Refusal(95007, "invalid cursor")
        if cursor:
            begin = int(cursor.removeprefix("cursor"))
        else:
            account.forgotten_cursors = False
            begin = next((at for at, row in enumerate(account.log) if row["send_time"] > now - 3 * DAY), len(account.log))
        if self.empty_pages and begin < len(account.log):
            self.empty_pages -= 1
            return {"errcode": 0, "errmsg": "ok", "next_cursor": f"cursor{begin}", "has_more": 1, "msg_list": []}
        end = min(len(account.log), begin + min(self.page, int(body.get("limit", 1000))))
        rows, more = account.log[begin:end], int(end < len(account.log))
        return {"errcode": 0, "errmsg": "ok", "next_cursor": f"cursor{end}", "has_more": more, "msg_list": rows}

    def _admit(self, token: str, now: float) -> None:
        if token:
            if self.callback_tokens.get(token, 0) <= now:
                raise Refusal(95006, "invalid token of callback")
            return
        self.without_token = [at for at in self.without_token if at > now - 60]
        if len(self.without_token) >= self.slow_calls:
            raise Refusal(45009, "api freq out of limit")
        self.without_token.append(now)

    def send_msg(self, body: dict[str, Any]) -> dict[str, Any]:
        """To a customer, while nobody else serves, five times after each of their messages."""
        account, customer = self._account(body), str(body.get("touser", ""))
        msgid = self._message(account, body)
        session = self._session(str(body["open_kfid"]), customer)
        if session.state not in (NEW, ROBOT):
            raise Refusal(95018, "send msg session status invalid")
        if session.left <= 0:
            raise Refusal(95001, "send msg count limit")
        session.left -= 1
        account.msgids.add(msgid)
        if session.refuses:
            # It is taken, and comes back as an event.
            self.event(str(body["open_kfid"]), customer, "msg_send_fail", fail_msgid=msgid, fail_type=10)
        else:
            account.sent.append(Delivered(customer, _payload(body), msgid, "send_msg"))
        return {"errcode": 0, "errmsg": "ok", "msgid": msgid}

    def send_msg_on_event(self, body: dict[str, Any]) -> dict[str, Any]:
        """One message by a code, in the state the code is for."""
        code = self.codes.get(str(body.get("code", "")))
        if code is None or code.used or code.until < self.now():
            raise Refusal(95010, "invalid code")
        account = self.accounts[code.account]
        kinds = ("text", "msgmenu") if code.kind in ("enter", "end") else ("text",)
        if body.get("msgtype") not in kinds:
            raise Refusal(40008, "invalid message type")
        session = self._session(code.account, code.customer)
        if code.kind in CODE_STATE and session.state != CODE_STATE[code.kind]:
            raise Refusal(95018, "send msg session status invalid")
        msgid = self._message(account, body)
        code.used = True
        account.msgids.add(msgid)
        if code.kind == "enter":
            session.greeted_at = self.now()
        account.sent.append(Delivered(code.customer, _payload(body), msgid, "send_msg_on_event"))
        return {"errcode": 0, "errmsg": "ok", "msgid": msgid}

    def _message(self, account: Account, body: dict[str, Any]) -> str:
        """The id of a message that is one."""
        kind = body.get("msgtype")
        msgid = str(body.get("msgid") or f"sent{next(self.numbers)}")
        if kind not in KINDS or not isinstance(body.get(str(kind)), dict):
            raise Refusal(40008, "invalid message type")
        content = body[str(kind)]
        if kind == "text" and not 0 < len(content.get("content", "").encode()) <= 2048:
            raise Refusal(40058, "text.content exceeds the limit of 2048 bytes")
        if kind == "msgmenu" and not 1 <= len(content.get("list", ())) <= 10:
            raise Refusal(40058, "msgmenu.list invalid")
        if kind in ("image", "voice", "video", "file") and content.get("media_id") not in self.media:
            raise Refusal(40007, "invalid media_id")
        if kind == "link" and content.get("thumb_media_id") not in self.media:
            raise Refusal(40007, "invalid media_id")
        if not MSGID.fullmatch(msgid):
            raise Refusal(40058, "the id of the message is malformed")
        if msgid in account.msgids:
            raise Refusal(95011, "msgid is used already")
        return msgid

    def recall_msg(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take a message back."""
        found = next((one for one in self._account(body).sent if one.msgid == body.get("msgid")), None)
        if found is None:
            raise Refusal(95012, "no such message")
        found.recalled = True
        return {"errcode": 0, "errmsg": "ok"}

    def state_of(self, body: dict[str, Any]) -> dict[str, Any]:
        """`service_state/get`."""
        self._account(body)
        session = self._session(str(body["open_kfid"]), str(body.get("external_userid", "")))
        return {"errcode": 0, "errmsg": "ok", "service_state": session.state, "servicer_userid": session.servicer}

    def trans(self, body: dict[str, Any]) -> dict[str, Any]:
        """`service_state/trans`. Changes made here are told to nobody."""
        self._account(body)
        account, customer = str(body["open_kfid"]), str(body.get("external_userid", ""))
        session, wanted = self._session(account, customer), int(body.get("service_state", -1))
        if wanted not in WAYS[session.state]:
            raise Refusal(95013, "the session's state does not allow this change")
        userid = str(body.get("servicer_userid", ""))
        if wanted == HUMAN and self.staff.get(userid) != "serving":
            raise Refusal(95014 if userid not in self.staff else 95015, "the servicer is not serving")
        session.state, session.servicer = wanted, userid if wanted == HUMAN else ""
        kind = {POOL: "pool", HUMAN: "taken", ENDED: "end"}.get(wanted)
        code = {"msg_code": self.code(kind, account, customer)} if kind else {}
        return {"errcode": 0, "errmsg": "ok", **code}

    def batchget(self, body: dict[str, Any]) -> dict[str, Any]:
        """Who customers are, of those who were there in the last 48 hours."""
        wanted = body.get("external_userid_list", [])
        if not 1 <= len(wanted) <= 100:
            raise Refusal(40058, "external_userid_list has 1 to 100 entries")
        known = [{"external_userid": one, **self.customers[one]} for one in wanted if one in self.customers]
        unknown = [one for one in wanted if one not in self.customers]
        return {"errcode": 0, "errmsg": "ok", "customer_list": known, "invalid_external_userid": unknown}

    def contact_way(self, body: dict[str, Any]) -> dict[str, Any]:
        """`add_contact_way`."""
        self._account(body)
        if not re.fullmatch(r"[0-9a-zA-Z_-]{0,32}", str(body.get("scene", ""))):
            raise Refusal(40058, "scene invalid")
        return {"errcode": 0, "errmsg": "ok", "url": f"https://work.weixin.qq.com/kf/kfc1?enc_scene=ENC{body.get('scene', '')}"}


@dataclass
class Platform:
    """All corps, by id."""

    corps: dict[str, Corp] = field(default_factory=dict)

    def add(self, corp: Corp) -> Corp:
        """One more."""
        self.corps[corp.corp_id] = corp
        return corp

    def of_token(self, token: str) -> Corp:
        """The corp an access token belongs to."""
        for corp in self.corps.values():
            if token in corp.tokens:
                corp.check(token)
                return corp
        raise Refusal(40014, "invalid access_token")


def _payload(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in ("code", "msgid", "touser", "open_kfid")}
