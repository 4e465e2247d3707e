"""Whom an account's invoices are made out to: name, address, VAT number."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import fields

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.customers import get_owner
from chenu.accounts.roles import Right
from chenu.accounts.tables import BillingDetails
from chenu.accounts.tax_numbers import read_tax_number
from chenu.accounts.validation import check_line
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.countries import country_codes
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns
from chenu.core.text import tidy

_LONGEST = {"name": 120, "line1": 120, "line2": 120, "postal_code": 16, "city": 80}
_NEEDED = ("line1", "city", "country")
"""What an address has at least: some countries have no postal codes."""


class TaxIdStatus(StrEnum):
    """Stripe's states, and REFUSED: Stripe did not take the number."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    UNVERIFIED = "UNVERIFIED"
    UNAVAILABLE = "UNAVAILABLE"
    REFUSED = "REFUSED"


class BillingDetailsInput(msgspec.Struct, frozen=True):
    """All of it, each time; empty where nothing is to be said."""

    name: str = ""
    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    tax_id: str = ""


class BillingDetailsRow(msgspec.Struct, frozen=True):
    account_id: AccountId
    name: str
    line1: str
    line2: str
    postal_code: str
    city: str
    country: str
    tax_id: str
    tax_id_status: TaxIdStatus | None
    stripe_tax_id: str | None
    updated_at: datetime


_DETAILS = Columns(BillingDetailsRow, BillingDetails, account_id="account")
_DETAIL = f"SELECT {_DETAILS.select()} FROM billing_details"  # noqa: S608 - own columns


async def find_billing_details(account_id: AccountId) -> BillingDetailsRow | None:
    return await db.find_one(BillingDetailsRow, f"{_DETAIL} WHERE account = $1", account_id)


async def find_details_of_tax_id(stripe_tax_id: str) -> BillingDetailsRow | None:
    return await db.find_one(
        BillingDetailsRow, f"{_DETAIL} WHERE stripe_tax_id = $1", stripe_tax_id
    )


async def save_billing_details(actor: Actor, data: BillingDetailsInput) -> None:
    """Stripe's customer follows by a job. Raises Forbidden, Invalid, Rejected."""
    account_id = actor.require_right(Right.MANAGE_PLAN)
    data = _tidied(data)
    reject_if_any(_check(data))
    number = read_tax_number(data.tax_id).value if data.tax_id else ""

    async def write() -> None:
        await _store(account_id, data, number)
        await queue.enqueue(queue.Job.SYNC_PERSON, str(await get_owner(account_id)))
        await audit.record(actor, "billing_details.update", account_id)

    await db.run_in_transaction(write)


def _tidied(data: BillingDetailsInput) -> BillingDetailsInput:
    return BillingDetailsInput(*(tidy(getattr(data, each.name)) for each in fields(data)))


def _check(data: BillingDetailsInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    for name, longest in _LONGEST.items():
        text = getattr(data, name)
        if text:
            errors += check_line(text, path=(name,), longest=longest)
    errors += _check_address(data)
    if data.tax_id:
        errors += _check_tax_id(data.tax_id)
    return errors


def _check_address(data: BillingDetailsInput) -> list[ChenuError]:
    """Whole, or none; a VAT number needs one."""
    errors: list[ChenuError] = []
    if data.country and data.country not in country_codes():
        errors.append(Invalid("Please choose a country of the list", path=("country",)))
    parts = (data.line1, data.line2, data.postal_code, data.city, data.country, data.tax_id)
    if any(parts):
        message = mark("An invoice needs the whole address: street, town and country")
        errors += [Invalid(message, path=(name,)) for name in _NEEDED if not getattr(data, name)]
    return errors


def _check_tax_id(typed: str) -> list[ChenuError]:
    try:
        read_tax_number(typed)
    except Invalid as error:
        return [error]
    return []


async def _store(account_id: AccountId, data: BillingDetailsInput, number: str) -> None:
    """What became of a number is kept while the number stays."""
    sql = """
        INSERT INTO billing_details AS d (id, account, name, line1, line2, postal_code, city,
            country, tax_id, updated_at)
        VALUES ($10, $1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (account) DO UPDATE SET name = $2, line1 = $3, line2 = $4, postal_code = $5,
            city = $6, country = $7, tax_id = $8, updated_at = $9,
            tax_id_status = CASE WHEN d.tax_id = $8 THEN d.tax_id_status END,
            stripe_tax_id = CASE WHEN d.tax_id = $8 THEN d.stripe_tax_id END
    """
    await db.execute(
        sql,
        account_id,
        data.name,
        data.line1,
        data.line2,
        data.postal_code,
        data.city,
        data.country,
        number,
        business_now(),
        new_id(),
    )


async def adopt_address(
    account_id: AccountId, typed: BillingDetailsInput, asked_at: datetime
) -> bool:
    """One that was typed on Stripe's page; whatever was said here since then counts.

    False where ours is not empty, or the form here would not take it.
    """
    data = _tidied(typed)
    if not data.line1 or _check(data):
        return False
    sql = """
        INSERT INTO billing_details AS d
            (id, account, line1, line2, postal_code, city, country, updated_at)
        SELECT $8, id, $2, $3, $4, $5, $6, $7 FROM account
            WHERE id = $1 AND closed_at IS NULL FOR NO KEY UPDATE
        ON CONFLICT (account) DO UPDATE
            SET line1 = $2, line2 = $3, postal_code = $4, city = $5, country = $6, updated_at = $7
        WHERE d.country = '' AND d.updated_at <= $9
    """
    parts = (data.line1, data.line2, data.postal_code, data.city, data.country)
    return bool(await db.execute(sql, account_id, *parts, business_now(), new_id(), asked_at))


async def store_tax_id_state(
    account_id: AccountId, number: str, stripe_tax_id: str | None, status: TaxIdStatus
) -> None:
    """Nothing, where the number has changed since."""
    sql = """
        UPDATE billing_details SET stripe_tax_id = $3, tax_id_status = $4
        WHERE account = $1 AND tax_id = $2
    """
    await db.execute(sql, account_id, number, stripe_tax_id, status)


async def adopt_tax_id(
    account_id: AccountId, number: str, stripe_tax_id: str, status: TaxIdStatus
) -> None:
    """One that was typed on Stripe's page; ours, where there is one, counts."""
    sql = """
        INSERT INTO billing_details AS d
            (id, account, tax_id, stripe_tax_id, tax_id_status, updated_at)
        VALUES ($6, $1, $2, $3, $4, $5)
        ON CONFLICT (account) DO UPDATE
            SET tax_id = $2, stripe_tax_id = $3, tax_id_status = $4, updated_at = $5
        WHERE d.tax_id = '' OR d.tax_id = $2
    """
    await db.execute(sql, account_id, number, stripe_tax_id, status, business_now(), new_id())
