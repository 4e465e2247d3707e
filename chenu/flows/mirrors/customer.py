"""The account as Stripe's customer: made before its first checkout, and told what changes."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.gateway import CustomerRequest, CustomerUpdate, StripeRefusal
from chenu.core import db
from chenu.core.errors import InvalidState, NotFound
from chenu.flows.operations.handler import OperationHandler, get_subject, read_params
from chenu.flows.services import Services
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow

CUSTOMER_KINDS = (OperationKind.CUSTOMER, OperationKind.CUSTOMER_UPDATE)


def customer_key(account_id: AccountId) -> str:
    return f"customer:{account_id}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is the customer now; `customer_id` is None before the first checkout."""

    customer_id: str | None
    email: str
    name: str
    locale: str


async def get_owner(account_id: AccountId) -> Owner:
    """Raises NotFound."""
    sql = """
        SELECT a.stripe_customer_id AS customer_id, u.email, u.locale,
            CASE a.kind WHEN 'PERSONAL' THEN u.display_name ELSE a.name END AS name
        FROM account a JOIN app_user u ON u.id = a.owner WHERE a.id = $1
    """
    owner = await db.find_one(Owner, sql, account_id)
    if owner is None:
        raise NotFound("There is no such account")
    return owner


class _Sent(msgspec.Struct, frozen=True):
    """What both kinds of operation send."""

    email: str
    name: str
    locale: str


async def next_customer_operation(
    account_id: AccountId, last: OperationRow | None
) -> NewOperation | None:
    """What to send after `last`; None when Stripe has the customer as they are now."""
    owner = await get_owner(account_id)
    truth = _Sent(owner.email, owner.name, owner.locale)
    if owner.customer_id is None:
        kind = OperationKind.CUSTOMER
        params: object = CustomerRequest(owner.email, owner.name, owner.locale, str(account_id))
    elif last is None or read_params(last, _Sent) != truth:
        kind = OperationKind.CUSTOMER_UPDATE
        params = CustomerUpdate(owner.customer_id, owner.email, owner.name, owner.locale)
    else:
        return None
    key = customer_key(account_id)
    return NewOperation(kind, key, params, subject_id=account_id, account_id=account_id)


class CustomerHandler(OperationHandler[CustomerRequest, str]):
    kind = OperationKind.CUSTOMER
    params_type = CustomerRequest

    async def call(
        self, services: Services, operation: OperationRow, params: CustomerRequest
    ) -> str:
        return await services.gateway.create_customer(params, operation)

    async def find_existing(
        self, services: Services, operation: OperationRow, params: CustomerRequest
    ) -> str | None:
        return await services.gateway.find_customer(params.email, operation)

    async def apply(self, operation: OperationRow, params: CustomerRequest, answer: str) -> str:
        account_id: UUID = get_subject(operation)
        sql = """
            UPDATE account SET stripe_customer_id = $2
            WHERE id = $1 AND stripe_customer_id IS NULL
        """
        await db.execute(sql, account_id, answer)
        return answer

    async def renew(self, operation: OperationRow, params: CustomerRequest) -> CustomerRequest:
        owner = await get_owner(AccountId(get_subject(operation)))
        return CustomerRequest(owner.email, owner.name, owner.locale, params.account_id)


class CustomerUpdateHandler(OperationHandler[CustomerUpdate, None]):
    kind = OperationKind.CUSTOMER_UPDATE
    params_type = CustomerUpdate

    async def call(
        self, services: Services, operation: OperationRow, params: CustomerUpdate
    ) -> None:
        await services.gateway.update_customer(params, operation)

    async def apply(self, operation: OperationRow, params: CustomerUpdate, answer: None) -> None:
        return None

    async def on_refused(
        self, operation: OperationRow, params: CustomerUpdate, refusal: StripeRefusal
    ) -> None:
        if refusal.is_gone:
            await forget_customer(params.customer_id)

    async def renew(self, operation: OperationRow, params: CustomerUpdate) -> CustomerUpdate:
        owner = await get_owner(AccountId(get_subject(operation)))
        if owner.customer_id is None:
            raise InvalidState("This customer is gone; the next purchase makes another one")
        return CustomerUpdate(owner.customer_id, owner.email, owner.name, owner.locale)


async def find_account_of(customer_id: str) -> AccountId | None:
    """Whose customer it is; None for nobody of ours."""
    sql = "SELECT id FROM account WHERE stripe_customer_id = $1"
    account_id = await db.fetch_value(sql, customer_id)
    return None if account_id is None else AccountId(account_id)


async def forget_customer(customer_id: str) -> AccountId | None:
    """Whose it was, if anybody's: their next checkout makes a new one."""
    sql = """
        UPDATE account SET stripe_customer_id = NULL WHERE stripe_customer_id = $1 RETURNING id
    """
    account_id = await db.fetch_value(sql, customer_id)
    return None if account_id is None else AccountId(account_id)
