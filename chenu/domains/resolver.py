"""What the name servers of the world say of a name. The port has a double in each test."""

from collections.abc import Sequence
from typing import Protocol

ANSWER_SECONDS = 3.0
"""Of one name server, and of all together twice that."""
_MOST_RECORDS = 50


class NoAnswer(Exception):
    """No name server answered in time, or they failed: nothing is known about the name."""


class Resolver(Protocol):
    async def list_texts(self, name: str) -> Sequence[str]:
        """The TXT records of a name, none for one that there is not. Raises NoAnswer."""
        ...


class DnsResolver:
    """Asks the name servers that this machine is configured with."""

    async def list_texts(self, name: str) -> Sequence[str]:
        # Imported when a domain is checked: no other request needs it, and it takes its time.
        import dns.asyncresolver
        import dns.exception
        import dns.resolver

        try:
            resolver = dns.asyncresolver.Resolver()
            resolver.timeout, resolver.lifetime = ANSWER_SECONDS, 2 * ANSWER_SECONDS
            answer = await resolver.resolve(f"{name}.", "TXT", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        return [read_text(record.strings) for record in list(answer)[:_MOST_RECORDS]]


def read_text(parts: Sequence[bytes]) -> str:
    """One record comes in parts of 255 bytes at most."""
    return b"".join(parts).decode("utf-8", "replace")
