"""Names that nobody could prove by DNS, because no name server knows them."""

from chenu.accounts.actor import AccountId
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.domains.model import NameKind, ProofSource
from chenu.domains.tables import DomainName


async def insert_proved_name(account_id: AccountId, kind: NameKind, name: str) -> None:
    now = business_now()
    values = {
        "id": new_id(),
        "account": account_id,
        "kind": kind,
        "name": name,
        "token": new_id().hex,
        "source": ProofSource.DNS,
        "created_at": now,
        "proved_at": now,
    }
    await insert(DomainName, values)
