"""Accounts as customers: who is billed, and their customer id at Stripe."""

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.i18n import Locale, known_locale


class BilledPerson(msgspec.Struct, frozen=True):
    """The data of the Stripe customer; `customer_id` is None before the first checkout.

    The address and `tax_id` are those of the billing details, empty without them. `is_closed`:
    their data was deleted, and what stands here is a pseudonym.
    """

    customer_id: str | None
    email: str
    name: str
    locale: str
    line1: str
    line2: str
    postal_code: str
    city: str
    country: str
    tax_id: str
    is_closed: bool


async def get_billed_person(account_id: AccountId) -> BilledPerson:
    """The account's owner, by the name of the billing details, else the account's unless it is
    personal. Raises NotFound.
    """
    sql = """
        SELECT a.stripe_customer_id AS customer_id, u.email, u.locale,
            a.closed_at IS NOT NULL AS is_closed,
            coalesce(nullif(b.name, ''),
                CASE a.kind WHEN 'PERSONAL' THEN u.display_name ELSE a.name END) AS name,
            coalesce(b.line1, '') AS line1, coalesce(b.line2, '') AS line2,
            coalesce(b.postal_code, '') AS postal_code, coalesce(b.city, '') AS city,
            coalesce(b.country, '') AS country, coalesce(b.tax_id, '') AS tax_id
        FROM account a JOIN app_user u ON u.id = a.owner
        LEFT JOIN billing_details b ON b.account = a.id WHERE a.id = $1
    """
    person = await db.find_one(BilledPerson, sql, account_id)
    if person is None:
        raise NotFound("There is no such account")
    return person


async def get_owner(account_id: AccountId) -> UserId:
    """Raises NotFound."""
    user_id = await db.fetch_value("SELECT owner FROM account WHERE id = $1", account_id)
    if user_id is None:
        raise NotFound("There is no such account")
    return UserId(user_id)


class Mailbox(msgspec.Struct, frozen=True):
    """Who is written to about an account: its owner.

    `name` and `account` are empty until the address is verified: somebody else may have chosen
    them. `account` is the name of a company's account.
    """

    email: str
    locale_code: str
    name: str
    account: str

    @property
    def locale(self) -> Locale:
        return known_locale(self.locale_code)


async def get_mailbox(account_id: AccountId) -> Mailbox:
    """Raises NotFound."""
    sql = """
        SELECT u.email, u.locale AS locale_code,
            CASE WHEN u.email_verified_at IS NULL THEN '' ELSE u.display_name END AS name,
            CASE WHEN u.email_verified_at IS NULL OR a.kind = 'PERSONAL' THEN '' ELSE a.name END
                AS account
        FROM account a JOIN app_user u ON u.id = a.owner WHERE a.id = $1
    """
    mailbox = await db.find_one(Mailbox, sql, account_id)
    if mailbox is None:
        raise NotFound("There is no such account")
    return mailbox


async def adopt_customer(account_id: AccountId, customer_id: str) -> None:
    """Stores Stripe's customer id, unless the account has one."""
    sql = """
        UPDATE account SET stripe_customer_id = $2 WHERE id = $1 AND stripe_customer_id IS NULL
    """
    await db.execute(sql, account_id, customer_id)


async def find_account_of_customer(customer_id: str) -> AccountId | None:
    """Whose customer it is; None for nobody of ours."""
    sql = "SELECT id FROM account WHERE stripe_customer_id = $1"
    account_id = await db.fetch_value(sql, customer_id)
    return None if account_id is None else AccountId(account_id)


async def forget_customer(customer_id: str) -> AccountId | None:
    """Whose it was, if anybody's: their next checkout makes a new one.

    A closed account keeps it, by which its invoices at Stripe are found.
    """
    sql = """
        UPDATE account SET stripe_customer_id = NULL
        WHERE stripe_customer_id = $1 AND closed_at IS NULL RETURNING id
    """
    account_id = await db.fetch_value(sql, customer_id)
    return None if account_id is None else AccountId(account_id)


class _Id(msgspec.Struct, frozen=True):
    id: AccountId


async def list_owned_accounts(user_id: UserId) -> list[AccountId]:
    sql = "SELECT id FROM account WHERE owner = $1 ORDER BY id"
    return [row.id for row in await db.fetch_all(_Id, sql, user_id)]


async def list_accounts_of_owner(account_id: AccountId) -> list[AccountId]:
    """All that belong to the person who owns this one."""
    sql = """
        SELECT array_agg(a.id) FROM account a
        JOIN account this ON this.owner = a.owner WHERE this.id = $1
    """
    return [AccountId(found) for found in await db.fetch_value(sql, account_id) or ()]
