"""The account as Stripe's customer: made before its first checkout."""

from dataclasses import dataclass
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.billing.gateway import CustomerWish
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.flows.services import Services
from chenu.flows.step import Step, read_params, subject_of
from chenu.ledger.operations import OperationKind, OperationRow, Wish


@dataclass(frozen=True, slots=True)
class _Owner:
    email: str
    display_name: str
    locale: str


async def customer_wish(account_id: AccountId) -> Wish:
    """The operation that makes the account's customer."""
    sql = """
        SELECT u.email, a.name AS display_name, u.locale
        FROM account a JOIN app_user u ON u.id = a.owner WHERE a.id = $1
    """
    owner = await db.find_one(_Owner, sql, account_id)
    if owner is None:
        raise NotFound("There is no such account")
    params = CustomerWish(owner.email, owner.display_name, owner.locale, str(account_id))
    key = f"customer:{account_id}"
    return Wish(OperationKind.CUSTOMER, key, params, subject_id=account_id, account_id=account_id)


class CustomerStep(Step):
    async def ask(self, services: Services, operation: OperationRow) -> str:
        wish = read_params(operation, CustomerWish)
        return await services.gateway.create_customer(wish, operation.idempotency_key)

    async def look_up(self, services: Services, operation: OperationRow) -> str | None:
        wish = read_params(operation, CustomerWish)
        return await services.gateway.find_customer(wish.email, wish.account_id)

    async def settle(self, operation: OperationRow, answer: str) -> str:
        account_id: UUID = subject_of(operation)
        sql = """
            UPDATE account SET stripe_customer_id = $2
            WHERE id = $1 AND stripe_customer_id IS NULL
        """
        await db.execute(sql, account_id, answer)
        return answer
