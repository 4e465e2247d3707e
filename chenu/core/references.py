"""Texts by which somebody finds whose a row is: our ids, Stripe's ids, numbers and codes.

Each feature declares its own in its `references.py`; chenu/flows/customers asks them all.
"""

import re
from enum import StrEnum
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.errors import BadInput
from chenu.core.global_id import decode_id
from chenu.core.ids import find_id

_AT_STRIPE = re.compile(r"[a-z]{2,10}_[A-Za-z0-9_]{1,200}", re.ASCII)
_LONGEST = 100


class Form(StrEnum):
    """UUID: ids of ours; STRIPE: Stripe's, told apart by what they begin with; TEXT: the rest."""

    UUID = "UUID"
    STRIPE = "STRIPE"
    TEXT = "TEXT"


class Gives(StrEnum):
    """What the ids that a reference finds are ids of."""

    ACCOUNT = "ACCOUNT"
    PERSON = "PERSON"


class Reference(msgspec.Struct, frozen=True):
    """`sql` selects the column `id` by $1: an uuid or a text, by the form.

    `what` names the row that was found. `prefixes` are those of Stripe's ids, none for all of them.
    """

    what: str
    form: Form
    sql: str
    prefixes: tuple[str, ...] = ()
    gives: Gives = Gives.ACCOUNT

    def takes(self, typed: "Typed") -> bool:
        if typed.form is not self.form:
            return False
        return not self.prefixes or str(typed.value).startswith(self.prefixes)


def by_id(what: str, sql: str, gives: Gives = Gives.ACCOUNT) -> Reference:
    return Reference(what, Form.UUID, sql, gives=gives)


def at_stripe(
    what: str, prefix: str | tuple[str, ...], sql: str, gives: Gives = Gives.ACCOUNT
) -> Reference:
    prefixes = (prefix,) if isinstance(prefix, str) else prefix
    return Reference(what, Form.STRIPE, sql, prefixes, gives)


def by_text(what: str, sql: str, gives: Gives = Gives.ACCOUNT) -> Reference:
    return Reference(what, Form.TEXT, sql, gives=gives)


class Typed(msgspec.Struct, frozen=True):
    """What somebody typed, as it is looked for."""

    form: Form
    value: UUID | str


def read_typed(text: str) -> Typed:
    """A global id of the API is looked for by the row's own."""
    row_id = find_id(text) or _find_global(text)
    if row_id is not None:
        return Typed(Form.UUID, row_id)
    is_stripes = _AT_STRIPE.fullmatch(text) is not None
    return Typed(Form.STRIPE if is_stripes else Form.TEXT, text[:_LONGEST])


def _find_global(text: str) -> UUID | None:
    try:
        return find_id(decode_id(text)[1])
    except BadInput:
        return None


class _Found(msgspec.Struct, frozen=True):
    id: UUID | None


async def find_ids(reference: Reference, typed: Typed) -> list[UUID]:
    """None twice; empty where nothing has this name, or nobody's."""
    rows = await db.fetch_all(_Found, f"{reference.sql} LIMIT 20", typed.value)
    return list(dict.fromkeys(row.id for row in rows if row.id is not None))
