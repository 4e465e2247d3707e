"""Headers of mails that hold addresses: folding would break them."""

from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy, default


class _Unfolded(UnstructuredHeader, BaseHeader):
    """In one line: the standard library encodes a word that is longer than a line."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_REGISTRY = HeaderRegistry()
for _name in ("list-unsubscribe", "message-id"):
    _REGISTRY.map_to_type(_name, _Unfolded)
_POLICY = default.clone(header_factory=_REGISTRY)


def new_message() -> EmailMessage:
    return EmailMessage(policy=_POLICY)
