"""The account as Stripe's customer: made before its first checkout, and told what changes."""

from dataclasses import dataclass

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import adopt_customer, forget_customer, get_billed_person
from chenu.billing.gateway import CustomerRequest, CustomerUpdate, StripeRefusal
from chenu.billing.ports import CustomerPort
from chenu.core.errors import InvalidState
from chenu.flows.operation_handlers import (
    ChangeHandler,
    OperationHandler,
    get_subject,
    read_params,
)
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow

CUSTOMER_KINDS = (OperationKind.CUSTOMER, OperationKind.CUSTOMER_UPDATE)


def customer_key(account_id: AccountId) -> str:
    return f"customer:{account_id}"


class _Sent(msgspec.Struct, frozen=True):
    """What both kinds of operation send."""

    email: str
    name: str
    locale: str


async def next_customer_operation(
    account_id: AccountId, last: OperationRow | None
) -> NewOperation | None:
    """What to send after `last`; None when Stripe has the customer as they are now, or they were
    deleted.
    """
    owner = await get_billed_person(account_id)
    if owner.is_closed:
        return None
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


@dataclass(frozen=True)
class CustomerHandler(OperationHandler[CustomerRequest, str]):
    customers: CustomerPort

    kind = OperationKind.CUSTOMER
    params_type = CustomerRequest

    async def call(self, operation: OperationRow, params: CustomerRequest) -> str:
        return await self.customers.create_customer(params, operation)

    async def find_existing(self, operation: OperationRow, params: CustomerRequest) -> str | None:
        return await self.customers.find_customer(params.email, operation)

    async def apply(self, operation: OperationRow, params: CustomerRequest, answer: str) -> str:
        await adopt_customer(AccountId(get_subject(operation)), answer)
        return answer

    async def renew(self, operation: OperationRow, params: CustomerRequest) -> CustomerRequest:
        owner = await get_billed_person(AccountId(get_subject(operation)))
        return CustomerRequest(owner.email, owner.name, owner.locale, params.account_id)


@dataclass(frozen=True)
class CustomerUpdateHandler(ChangeHandler[CustomerUpdate]):
    customers: CustomerPort

    kind = OperationKind.CUSTOMER_UPDATE
    params_type = CustomerUpdate

    async def call(self, operation: OperationRow, params: CustomerUpdate) -> None:
        await self.customers.update_customer(params, operation)

    async def on_refused(
        self, operation: OperationRow, params: CustomerUpdate, refusal: StripeRefusal
    ) -> None:
        if refusal.is_gone:
            await forget_customer(params.customer_id)

    async def renew(self, operation: OperationRow, params: CustomerUpdate) -> CustomerUpdate:
        owner = await get_billed_person(AccountId(get_subject(operation)))
        if owner.customer_id is None:
            raise InvalidState("This customer is gone; the next purchase makes another one")
        return CustomerUpdate(owner.customer_id, owner.email, owner.name, owner.locale)
