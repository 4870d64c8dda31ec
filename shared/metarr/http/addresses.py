"""Where a request may go: the open internet, and the few origins that the person named.

Links to images come from providers, NFO files and people, so any of them may point into the home network or at a cloud's
metadata service. What counts is the address a name resolves to, at the moment of connecting (FIELD_GUIDE 5.3, "Outgoing").
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from metarr.errors import AddressRefused

SCHEMES: dict[str, int] = {"http": 80, "https": 443}
"""Allowed schemes and their ports."""

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: the last 32 bits are an IPv4 address (RFC 6052)."""

type Endpoint = tuple[str, int]
"""Host name in lower case, and port."""


def endpoint(url: str) -> Endpoint:
    """Where a URL leads. Raises AddressRefused for a scheme that is not http(s), a missing host or a port that is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as wrong:
        raise AddressRefused(f"this is not an address: {wrong}") from wrong
    if parts.scheme not in SCHEMES:
        raise AddressRefused(f"only http and https addresses are fetched, not {parts.scheme or 'one without a scheme'}")
    if not host:
        raise AddressRefused("the address names no host")
    return host.lower(), port or SCHEMES[parts.scheme]


def endpoints(urls: Iterable[str]) -> frozenset[Endpoint]:
    """The origins that the person configured: these may lie in the home network."""
    return frozenset(endpoint(url) for url in urls)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, also when it is an IPv4 address in the clothes of an IPv6 one."""
    parsed = ip_address(address.partition("%")[0])
    inner = _inner(parsed) if isinstance(parsed, IPv6Address) else None
    return _is_open(parsed) if inner is None else _is_open(inner)


def _is_open(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or _is_site_local(address))


def _is_site_local(address: IPv4Address | IPv6Address) -> bool:
    """fec0::/10, the deprecated forerunner of unique local addresses (RFC 3879)."""
    return isinstance(address, IPv6Address) and address.is_site_local


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
