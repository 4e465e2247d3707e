"""What each table holds of a person: what an export tells of it, and what a deletion leaves.

Each feature declares its own tables in its `privacy.py`; chenu/flows/privacy collects them. A house
test fails for a table, a column or a text without a rule. docs/decisions/0028.

The SQL of a rule names the person's values as @person (the user's id), @accounts (ids of accounts
that they own), @agents (ids of listings that go with them), @emails (addresses that they had),
@wanted (addresses that they asked for, which may be somebody else's), @pseudonym and
@pseudonymous_email (what stands in place of name and email) and @now.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from chenu.core import db

CODE = "a word or an id of ours or of Stripe's: it names a thing or a state, and nobody"
BOOKS = "commercial books: stored for ten years at least, under the pseudonym"

_NAMED = re.compile(r"@(person|accounts|agents|emails|wanted|pseudonym|pseudonymous_email|now)\b")
_TYPES = {
    "person": "uuid",
    "accounts": "uuid[]",
    "agents": "uuid[]",
    "emails": "text[]",
    "wanted": "text[]",
    "pseudonym": "text",
    "pseudonymous_email": "text",
    "now": "timestamptz",
}


class Whose(msgspec.Struct, frozen=True):
    """The person that the rules are applied to."""

    person: UUID
    accounts: tuple[UUID, ...]
    emails: tuple[str, ...]
    now: datetime
    agents: tuple[UUID, ...] = ()
    wanted: tuple[str, ...] = ()

    @property
    def pseudonym(self) -> str:
        """What stands for the name from here on: the end of the id, which is random."""
        return f"deleted-{self.person.hex[-12:]}"

    @property
    def pseudonymous_email(self) -> str:
        """What stands for the address: nobody has it, and nobody can (RFC 2606)."""
        return f"{self.pseudonym}@{DELETED_DOMAIN}"

    def value(self, name: str) -> Any:
        found = getattr(self, name)
        return list(found) if isinstance(found, tuple) else found


DELETED_DOMAIN = "deleted.invalid"


def is_pseudonymous(email: str) -> bool:
    """Whether it is what stands in the place of a deleted person's address."""
    return email.endswith(f"@{DELETED_DOMAIN}")


class Blank(msgspec.Struct, frozen=True):
    """Writes these SQL expressions into the person's rows; `whose` where they are others."""

    columns: Mapping[str, str]
    only: str = "true"
    whose: str | None = None


class Delete(msgspec.Struct, frozen=True):
    """Deletes the person's rows; `whose` where they are others than those of the export."""

    only: str = "true"
    whose: str | None = None


class PersonalData(msgspec.Struct, frozen=True):
    """`whose` is the SQL condition on the rows that an export tells of.

    `exported` and `hidden` (with the reason) name each column. `retained` says why a deletion
    leaves a text as it is. `topic` names the export's file, where a table has several.
    """

    table: str
    whose: str
    exported: tuple[str, ...]
    hidden: Mapping[str, str] = msgspec.field(default_factory=dict)
    erasure: tuple[Blank | Delete, ...] = ()
    retained: Mapping[str, str] = msgspec.field(default_factory=dict)
    topic: str = ""

    @property
    def file_name(self) -> str:
        return f"{self.topic or self.table}.json"


class NoPersonalData(msgspec.Struct, frozen=True):
    """A table without data of people; `why` says what makes it so.

    `codes` are columns whose names look like people's data, and are not.
    """

    table: str
    why: str
    codes: tuple[str, ...] = ()


Rule = PersonalData | NoPersonalData


def codes(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, CODE)


def _render(sql: str, whose: Whose) -> tuple[str, list[Any]]:
    """Numbered parameters in place of the names, each with its type."""
    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}::{_TYPES[match[1]]}"

    rendered = _NAMED.sub(place, sql)
    return rendered, [whose.value(name) for name in names]


async def read_rows_of(rule: PersonalData, whose: Whose) -> AsyncIterator[str]:
    """The rows that an export tells of, each as JSON. In the caller's transaction."""
    columns = ", ".join(f'"{name}"' for name in rule.exported)
    sql = f"""
        SELECT to_jsonb(each)::text FROM (
            SELECT {columns} FROM {rule.table} WHERE {rule.whose} ORDER BY 1) each
    """  # noqa: S608 - texts of ours
    rendered, args = _render(sql, whose)
    async with db.connection() as connection:
        # not the driver's cursor, whose statement would outlive the transaction
        await connection.execute(f"DECLARE exported NO SCROLL CURSOR FOR {rendered}", *args)
        while records := await connection.fetch("FETCH 200 FROM exported"):
            for record in records:
                yield record[0]
        await connection.execute("CLOSE exported")


async def erase(rule: PersonalData, whose: Whose) -> None:
    """What a deletion does with one table. In the caller's transaction."""
    for step in rule.erasure:
        condition = f"({step.whose or rule.whose}) AND ({step.only})"
        if isinstance(step, Delete):
            sql = f"DELETE FROM {rule.table} WHERE {condition}"  # noqa: S608 - texts of ours
        else:
            changes = ", ".join(f'"{name}" = {value}' for name, value in step.columns.items())
            sql = f"UPDATE {rule.table} SET {changes} WHERE {condition}"  # noqa: S608 - texts of ours
        rendered, args = _render(sql, whose)
        await db.execute(rendered, *args)


_QUEUE = "jobs hold ids of rows, and are gone within weeks"
_GONE = {
    "to_address": "@pseudonymous_email",
    "params": "'{}'",
    "state": "CASE state WHEN 'QUEUED' THEN 'FAILED' ELSE state END",
    "last_error": "'refused: [550] the recipient was deleted'",
}
RULES: tuple[Rule, ...] = (
    PersonalData(
        "outbox_mail",
        "to_address = ANY(@emails)",
        ("id", "kind", "to_address", "locale", "state", "created_at", "sent_at"),
        {
            "business_key": "what the mail is about, as ids of ours",
            "params": "links that sign in or change a password",
            "site": "the account whose site asked for it",
            "attempts": "how sending went",
            "last_error": "how sending went",
            "next_attempt_at": "how sending went",
        },
        (
            Blank(_GONE),
            Blank(_GONE, "kind = 'EMAIL_CHANGE_CONFIRM'", "to_address = ANY(@wanted)"),
        ),
        codes("business_key", "kind", "locale", "state"),
    ),
    PersonalData(
        "mail_preference",
        "email_hash IN (SELECT sha256(convert_to(email, 'UTF8')) FROM unnest(@emails) AS email)",
        ("id", "topic", "turned_off_at"),
        {"email_hash": "a hash of the address, which app_user.json has"},
        (Delete(),),
    ),
    NoPersonalData("pgqueuer", _QUEUE),
    NoPersonalData("pgqueuer_log", _QUEUE),
    NoPersonalData("pgqueuer_schedules", "nothing is written to it"),
    NoPersonalData("pgqueuer_statistics", "nothing is written to it"),
    NoPersonalData("scheduled_task", "a row a recurring task", codes=("name",)),
    NoPersonalData("business_clock", "one row, of demo and tests"),
    NoPersonalData("primary_timeline", "one row: a number of PostgreSQL's"),
    NoPersonalData("schema_floor", "one row: which code may run"),
    NoPersonalData("migration", "a row a migration", codes=("name", "app_name")),
    NoPersonalData("archived_month", "counts and hashes of rows in files", codes=("table_name",)),
)
