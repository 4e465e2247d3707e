"""Every kind of contract that may be withdrawn from. A later kind is added here, nowhere else."""

from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.core.errors import NotFound
from chenu.flows.packs.contracts import PackContracts
from chenu.flows.purchases.contracts import PurchaseContracts
from chenu.flows.subscriptions.plan_contracts import PlanContracts
from chenu.flows.withdrawal_contracts import Contract, ContractKind, ContractSource

SOURCES: tuple[ContractSource, ...] = (PlanContracts(), PackContracts(), PurchaseContracts())
_BY_KIND: dict[ContractKind, ContractSource] = {source.kind: source for source in SOURCES}


def source_of(contract: Contract) -> ContractSource:
    return _BY_KIND[contract.kind]


async def list_contracts(account_id: AccountId) -> list[Contract]:
    return [contract for source in SOURCES for contract in await source.list_contracts(account_id)]


async def find_by_number(number: str) -> list[Contract]:
    return [contract for source in SOURCES for contract in await source.find_by_number(number)]


async def get_contract(contract_id: UUID) -> Contract:
    """Raises NotFound. Ids of all kinds are different."""
    for source in SOURCES:
        found = await source.find(contract_id)
        if found is not None:
            return found
    raise NotFound("There is no such contract")
