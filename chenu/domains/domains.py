"""Names of accounts: rows. What people do with them is in chenu/domains/proving.py."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.rows import Columns
from chenu.domains.model import RECORD_LABEL, DomainId, NameKind, ProofSource
from chenu.domains.tables import DomainName


class DomainRow(msgspec.Struct, frozen=True):
    id: DomainId
    account_id: AccountId
    kind: NameKind
    name: str
    token: str
    source: ProofSource
    created_at: datetime
    proved_at: datetime | None
    reason: str

    @property
    def is_proved(self) -> bool:
        return self.proved_at is not None

    @property
    def record_name(self) -> str:
        """Where the TXT record is set."""
        return f"{RECORD_LABEL}.{self.name}"

    @property
    def record_value(self) -> str:
        return f"chenu-verification={self.token}"


COLUMNS = Columns(DomainRow, DomainName, account_id="account")
_SELECT = f"SELECT {COLUMNS.select()} FROM domain_name"  # noqa: S608 - own columns


async def list_domains(account_id: AccountId, kind: NameKind) -> list[DomainRow]:
    """The oldest first: MOST_NAMES at most."""
    sql = f"{_SELECT} WHERE account = $1 AND kind = $2 ORDER BY id"
    return await db.fetch_all(DomainRow, sql, account_id, kind)


async def get_domain(account_id: AccountId, domain_id: DomainId) -> DomainRow:
    """Raises NotFound, also for another account's."""
    sql = f"{_SELECT} WHERE id = $1 AND account = $2"
    found = await db.find_one(DomainRow, sql, domain_id, account_id)
    if found is None:
        raise NotFound("There is no such name in this account")
    return found


async def find_domain(domain_id: DomainId) -> DomainRow | None:
    """Whosesoever."""
    return await db.find_one(DomainRow, f"{_SELECT} WHERE id = $1", domain_id)


async def get_domain_by_id(domain_id: DomainId) -> DomainRow:
    """For staff. Raises NotFound."""
    found = await find_domain(domain_id)
    if found is None:
        raise NotFound("There is no such name", path=("domain_id",))
    return found


async def list_domains_by_name(name: str) -> list[DomainRow]:
    """Every account's that has entered the name, for staff."""
    return await db.fetch_all(DomainRow, f"{_SELECT} WHERE name = $1 ORDER BY id", name)


async def find_owner(kind: NameKind, name: str) -> AccountId | None:
    """The account that has proved this very name for this use."""
    sql = """
        SELECT account FROM domain_name
        WHERE name = $1 AND kind = $2 AND proved_at IS NOT NULL
    """
    found: AccountId | None = await db.fetch_value(sql, name, kind)
    return found


async def find_holder(name: str) -> AccountId | None:
    """The account that has proved the name, whatever for: nobody else can."""
    sql = "SELECT account FROM domain_name WHERE name = $1 AND proved_at IS NOT NULL LIMIT 1"
    found: AccountId | None = await db.fetch_value(sql, name)
    return found


async def list_proved_hosts(account_ids: Sequence[AccountId]) -> list[DomainRow]:
    """Of these accounts, by name."""
    sql = f"""
        {_SELECT} WHERE account = ANY($1) AND kind = 'HOST' AND proved_at IS NOT NULL ORDER BY name
    """
    return await db.fetch_all(DomainRow, sql, list(account_ids))


async def list_proved_names(account_id: AccountId, kind: NameKind) -> list[str]:
    return [each.name for each in await list_domains(account_id, kind) if each.is_proved]
