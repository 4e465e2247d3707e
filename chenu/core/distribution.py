"""Where each table's rows live once PostgreSQL is distributed, in the terms of Citus.

Each feature declares its own tables in its `distribution.py`; chenu/scaling collects them. A table
without a placement fails a test. docs/scaling.md, docs/decisions/0096.
"""

from collections.abc import Mapping

import msgspec

RANDOM = "UUIDs of ours, unique by construction"
SEQUENCE = "from one sequence, of which each node takes a range of its own"
STRIPE = "Stripe's own id, which belongs to one of our accounts"
PARENT = "of a row that has one account: with the account in front it means the same"
NAMED = "contains the id of what it is about, which belongs to one account"

MANY = "a row for what an account does: grows with use, and is read by that account"
CATALOGUE = "the store: few rows, read by everybody, joined with what accounts do"
IDENTITY = "people and accounts: written seldom, joined with nearly everything"
MACHINERY = "the machinery's own state, written with the job that it is for"
SETTINGS = "a few rows, which people change by hand"
DESK = "read by the staff across accounts, and written by people"
OF_A_PERSON = "of a person, who may belong to several accounts"


class Distributed(msgspec.Struct, frozen=True):
    """Rows are where the hash of column `by` says.

    Tables of one `group` have the rows of the same value on the same node. `keys` says of unique
    keys without the column (their columns, by commas) why the rows are unique all the same; `id` is
    understood. `without` says of foreign keys (their column) that cannot be held why nothing is
    missed. `nulls` says what becomes of rows without a value.
    """

    table: str
    by: str
    why: str
    group: str = "account"
    keys: Mapping[str, str] = msgspec.field(default_factory=dict)
    without: Mapping[str, str] = msgspec.field(default_factory=dict)
    nulls: str = ""


class Reference(msgspec.Struct, frozen=True):
    """All rows on each node: read and joined anywhere, each change made everywhere at once."""

    table: str
    why: str


class Local(msgspec.Struct, frozen=True):
    """On the coordinator alone. `without` as above."""

    table: str
    why: str
    without: Mapping[str, str] = msgspec.field(default_factory=dict)


Placement = Distributed | Reference | Local


class Function(msgspec.Struct, frozen=True):
    """A function in SQL that reads or writes distributed tables.

    `by` is the parameter with the value of the distribution column, which sends a call to its node;
    None where a call has none, and `why` says what that means.
    """

    name: str
    by: str | None
    why: str = ""
    group: str = "account"


class Trigger(msgspec.Struct, frozen=True):
    """A trigger on a distributed table that writes rows which are not on its node."""

    table: str
    function: str
    why: str


_QUEUE = "PgQueuer's own table: jobs of all accounts are taken in one order"
PLACEMENTS: tuple[Placement, ...] = (
    Local("outbox_mail", MACHINERY),
    Local("mail_preference", "by the hash of an address, which is nobody's account yet"),
    Local("scheduled_task", "a row a recurring task"),
    Local("business_clock", "one row, of demo and tests"),
    Local("primary_timeline", "one row: how often there was another primary"),
    Local("schema_floor", "one row: which code may run"),
    Local("migration", "a row a migration"),
    Local("archived_month", "a row a month of a table: what its file must say"),
    Local("pgqueuer", _QUEUE),
    Local("pgqueuer_log", _QUEUE),
    Local("pgqueuer_schedules", "nothing is written to it"),
    Local("pgqueuer_statistics", "nothing is written to it"),
)
