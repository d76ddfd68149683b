"""Where a customer is reached: an account of the corp, and the customer's id in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hub import Rejected

_MSGID: Final = re.compile(r"fd_([0-9]{1,19})(?:-[0-9]+)?(?:_[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Address:
    """`account` is the open_kfid, `customer` the external_userid."""

    account: str
    customer: str

    def __str__(self) -> str:
        return f"{self.account}/{self.customer}"

    @classmethod
    def of(cls, text: str) -> Address:
        """The address back from its text. Raises Rejected where it is none."""
        account, slash, customer = text.partition("/")
        if not (account and slash and customer):
            raise Rejected(f"{text!r} is no address in WeCom")
        return cls(account, customer)


def msgid_of(key: str, number: int) -> str:
    """The id under which the platform gets the `number`-th piece (from 0) of a message: the same at every attempt."""
    return f"fd_{key}_{number}" if number else f"fd_{key}"


def message_of(msgid: str) -> int | None:
    """The hub's message behind an id of ours; None for whatever we did not send."""
    found = _MSGID.fullmatch(msgid)
    return int(found.group(1)) if found else None
