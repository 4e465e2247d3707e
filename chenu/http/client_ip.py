"""The IP address of a request: the peer's, or the one that our own proxies report."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_network

from chenu.core.ip_addresses import IpAddress, find_address

_MOST_HOPS = 20


class TrustedProxies:
    """Networks whose X-Forwarded-For is believed; from other peers the header is ignored."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(ip_network(network) for network in networks)
        self._is_trusted = lru_cache(maxsize=256)(self._is_within)

    def address_of(self, peer: str, forwarded: str) -> str:
        """The caller's IP in canonical form; empty for a peer without one, such as a Unix socket.

        X-Forwarded-For is read from its end, as long as the hop is one of our proxies; an invalid
        hop ends this, and the last valid IP counts.
        """
        if not self._networks or not forwarded:
            return _one_spelling(peer)
        ip = find_address(peer)
        if ip is None:
            return ""
        if not self._is_trusted(ip):
            return str(ip)
        for hop in reversed(forwarded.rsplit(",", _MOST_HOPS)):
            if not hop.strip():
                continue
            found = find_address(hop)
            if found is None:
                break
            ip = found
            if not self._is_trusted(ip):
                break
        return str(ip)

    def is_proxy(self, peer: str) -> bool:
        """Whether the peer is one of ours, so that what it reports of a request is believed."""
        ip = find_address(peer) if self._networks else None
        return ip is not None and self._is_trusted(ip)

    def _is_within(self, ip: IpAddress) -> bool:
        return any(ip in network for network in self._networks)


@lru_cache(maxsize=1_024)
def _one_spelling(peer: str) -> str:
    return str(find_address(peer) or "")
