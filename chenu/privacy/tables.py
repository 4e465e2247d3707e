"""Requests for an export of one's data, its content, and deletions of people."""

from piccolo.columns import UUID, BigInt, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import AppUser
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class DataExport(Table, tablename="data_export"):
    """A request for all that is stored of a person; `size` is that of the archive, in bytes."""

    id = primary_id()
    owner = belongs_to(AppUser, index=True)
    state = Text(default="REQUESTED")
    size = BigInt(default=0)
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time()
    requested_at = business_time()
    ready_at = Timestamptz(default=None, null=True)
    expires_at = system_time()


class DataExportChunk(Table, tablename="data_export_chunk"):
    """A part of an export's archive, so that none is read or written whole."""

    id = primary_id()
    export = belongs_to(DataExport)
    position = Integer()
    content = Bytea()
    expires_at = system_time(index=True)


class PersonDeletion(Table, tablename="person_deletion"):
    """A person's data was deleted here; until `finished_at` Stripe is still told of it.

    `person` is the row's id that stays as a pseudonym.
    """

    id = primary_id()
    person = UUID(default=None)
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time()
    requested_at = business_time()
    finished_at = Timestamptz(default=None, null=True)
