"""Sites of brands: by host, by account, and by whom a mail is for.

A brand is awake while its account is entitled to WHITE_LABEL: asleep, it has no site, and its hosts
lead to ours. docs/decisions/0085.
"""

from urllib.parse import urlsplit

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.entitlements import find_entitlements
from chenu.accounts.queries import list_accounts_of_member
from chenu.branding.brands import BrandRow, find_brand, list_brands
from chenu.core.mail import MailRow
from chenu.core.mail_kinds import MAIL_RULES, MailKind, MailReason
from chenu.core.site import Site
from chenu.domains.domains import find_owner, list_proved_names
from chenu.domains.model import NameKind
from chenu.tiers.catalogue import Feature

_BY_ITSELF = frozenset({MailReason.ACCOUNT, MailReason.CONTRACT})
"""Mails that nobody asks for on a page: they have the brand of whom their reader belongs to."""
_OURS = frozenset(
    {
        MailKind.AFFILIATE_PAID,
        MailKind.AFFILIATE_PAYOUT_FAILED,
        MailKind.AFFILIATE_SUSPENDED,
        MailKind.AFFILIATE_REINSTATED,
    }
)
"""About what people do for us, which no brand has: so are those to creators."""


def origin_at(public_url: str, host: str) -> str:
    """Of a host that leads to us: the scheme and port are those of our own."""
    ours = urlsplit(public_url)
    return f"{ours.scheme}://{host}" + (f":{ours.port}" if ours.port else "")


class FoundHost(msgspec.Struct, frozen=True):
    """`site` None of a host that is proved: its brand sleeps."""

    site: Site | None
    is_proved: bool


async def look_up_host(public_url: str, host: str) -> FoundHost:
    """`host` in lower case, ASCII and without port."""
    account_id = await find_owner(NameKind.HOST, host)
    brand = None if account_id is None else await _find_awake(account_id)
    site = None if brand is None else brand.site(origin_at(public_url, host))
    return FoundHost(site, account_id is not None)


async def find_site_of(public_url: str, account_id: AccountId) -> Site | None:
    """At the first of its hosts by name. None for a brand that sleeps or has no host."""
    return next(iter(await list_sites_of(public_url, account_id)), None)


async def list_sites_of(public_url: str, account_id: AccountId) -> list[Site]:
    """One at each of its hosts, by name."""
    brand = await _find_awake(account_id)
    if brand is None:
        return []
    hosts = await list_proved_names(account_id, NameKind.HOST)
    return [brand.site(origin_at(public_url, host)) for host in hosts]


async def _find_awake(account_id: AccountId) -> BrandRow | None:
    entitlements = await find_entitlements(account_id)
    if entitlements is None or not entitlements.has(Feature.WHITE_LABEL):
        return None
    return await find_brand(account_id)


async def find_site_of_mail(public_url: str, mail: MailRow) -> Site | None:
    """The site on which it was asked for; of what comes by itself, that of the only account with a
    brand that its reader belongs to.
    """
    kind = MailKind(mail.kind)
    reason = MAIL_RULES[kind].reason
    if kind in _OURS or reason is MailReason.CREATOR:
        return None
    if mail.site is not None:
        return await find_site_of(public_url, AccountId(mail.site))
    return await _find_of_member(public_url, mail.to_address) if reason in _BY_ITSELF else None


async def _find_of_member(public_url: str, email: str) -> Site | None:
    accounts = [account.id for account in await list_accounts_of_member(email)]
    brands = await list_brands(accounts) if accounts else []
    sites = [await find_site_of(public_url, brand.account_id) for brand in brands]
    awake = [site for site in sites if site is not None]
    return awake[0] if len(awake) == 1 else None
