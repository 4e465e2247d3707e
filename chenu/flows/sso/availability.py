"""Which connection signs somebody in now: one that is ON, of an account whose plan has SSO.

When the plan ends the connection sleeps: nobody is sent to it, and passwords work again.
"""

from datetime import timedelta

from chenu.accounts.actor import AccountId
from chenu.accounts.attempts import Limit
from chenu.accounts.entitlements import find_entitlements
from chenu.core.email_address import find_ascii_address
from chenu.domains.domains import find_owner
from chenu.domains.model import NameKind
from chenu.domains.names import domain_of
from chenu.sso.connections import ConnectionRow, find_connection_on
from chenu.sso.errors import SsoRefused
from chenu.sso.model import Refusal, VerifiedIdentity
from chenu.tiers.catalogue import Feature

PER_IP = Limit("sso_address", 120, timedelta(minutes=5))
"""Ways to a provider and back, of one address."""


async def has_sso(account_id: AccountId) -> bool:
    """As the account's plan is at this moment."""
    found = await find_entitlements(account_id)
    return found is not None and found.has(Feature.SSO)


async def find_connection_for(email: str) -> ConnectionRow | None:
    """By the domain of the mailbox alone: says nothing about who has an account here."""
    mailbox = find_ascii_address(email)
    account_id = None if mailbox is None else await find_owner(NameKind.MAIL, domain_of(mailbox))
    if account_id is None:
        return None
    connection = await find_connection_on(account_id)
    return connection if connection is not None and await has_sso(account_id) else None


async def require_own_domain(account_id: AccountId, identity: VerifiedIdentity) -> None:
    """Raises SsoRefused for a mailbox of a domain that the account has not proved."""
    domain = domain_of(identity.email)
    if await find_owner(NameKind.MAIL, domain) != account_id:
        raise SsoRefused(Refusal.DOMAIN_FOREIGN, domain)


async def require_signing_in(connection: ConnectionRow) -> None:
    """Raises SsoRefused for a connection that is not ON, or sleeps."""
    if not connection.is_on or not await has_sso(connection.account_id):
        raise SsoRefused(Refusal.CONNECTION_OFF)
