"""Fetching from elsewhere: HTTP clients that stay out of the house's own networks.

A plugin fetches addresses that strangers may have chosen (a picture's link, a webhook). The check looks at the very address
a connection is about to be made to, so a name that resolves to something private, a redirect, or a name that
changes its mind between two look-ups gets no further than an address written out.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from hub.version import VERSION

if TYPE_CHECKING:
    from hub.hub import Hub

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

TIMEOUT: Final = aiohttp.ClientTimeout(total=30, connect=10, sock_connect=5)
MOST: Final = 32
MOST_PER_HOST: Final = 8

_NAT64: Final = ip_network("64:ff9b::/96")


class PrivateAddress(OSError):
    """A connection to this address is not allowed; reaches the caller inside an `aiohttp.ClientConnectorError`."""

    def __init__(self, address: Address) -> None:
        super().__init__(errno.EACCES, f"{address} is a private address; hub.allow_private_networks would allow it")
        self.address = address


def is_allowed(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """May a plugin fetch from `address`: one on the open internet, or in one of the `allowed` networks?"""
    inner = _inside(address)
    if any(one in network for network in allowed for one in (address, inner) if one.version == network.version):
        return True
    # ::ffff:1.2.3.4 itself lies in a reserved block; only what it stands for counts.
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
    return all(one.is_global and not one.is_multicast for one in ((inner,) if mapped else (address, inner)))


def _inside(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it is such a one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo is not None else None) or address


class Outgoing:
    """Makes the HTTP clients of the instances."""

    def __init__(self, hub: Hub) -> None:
        self._allowed = tuple(hub.settings.hub.allow_private_networks)

    def session(self, instance: str) -> aiohttp.ClientSession:
        """A client of `instance`'s own, which closes it.

        No cookies, no proxies from the environment, 30 s for a request, 32 connections, 8 to one host.
        """
        headers = {"User-Agent": f"Frontdesk/{VERSION} ({instance})"}
        connector = aiohttp.TCPConnector(limit=MOST, limit_per_host=MOST_PER_HOST, socket_factory=self._socket)
        return aiohttp.ClientSession(
            connector=connector, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), headers=headers, trust_env=False
        )

    def _socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The socket for one address; made only when it is allowed. Raises PrivateAddress."""
        family, kind, protocol, _, where = info
        address = ip_address(where[0].partition("%")[0])
        if not is_allowed(address, self._allowed):
            raise PrivateAddress(address)
        return socket.socket(family, kind, protocol)
