"""The account as Stripe's customer: made before its first checkout, and told what changes."""

from dataclasses import dataclass

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import (
    BilledPerson,
    adopt_customer,
    forget_customer,
    get_billed_person,
)
from chenu.billing.customer_requests import CustomerAddress, CustomerRequest, CustomerUpdate
from chenu.billing.gateway import StripeRefusal
from chenu.billing.ports import CustomerPort
from chenu.core.errors import InvalidState
from chenu.flows.operation_handlers import (
    ChangeHandler,
    OperationHandler,
    get_subject,
    read_params,
)
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow, find_last_with

CUSTOMER_KINDS = (OperationKind.CUSTOMER, OperationKind.CUSTOMER_UPDATE)


def customer_key(account_id: AccountId) -> str:
    return f"customer:{account_id}"


class _Sent(msgspec.Struct, frozen=True):
    """What both kinds of operation send."""

    email: str
    name: str
    locale: str
    postal_address: CustomerAddress | None = None


def _address_of(owner: BilledPerson) -> CustomerAddress | None:
    """None while we know none: then Stripe has what was typed on its own pages."""
    if not owner.country:
        return None
    return CustomerAddress(owner.line1, owner.line2, owner.postal_code, owner.city, owner.country)


def _request_for(owner: BilledPerson, account_id: str) -> CustomerRequest:
    return CustomerRequest(owner.email, owner.name, owner.locale, account_id, _address_of(owner))


def _update_for(owner: BilledPerson, customer_id: str) -> CustomerUpdate:
    return CustomerUpdate(customer_id, owner.email, owner.name, owner.locale, _address_of(owner))


async def next_customer_operation(
    account_id: AccountId, last: OperationRow | None
) -> NewOperation | None:
    """What to send after `last`; None when Stripe has the customer as they are now, or they were
    deleted.
    """
    owner = await get_billed_person(account_id)
    if owner.is_closed:
        return None
    truth = _Sent(owner.email, owner.name, owner.locale, _address_of(owner))
    if owner.customer_id is None:
        kind = OperationKind.CUSTOMER
        params: object = _request_for(owner, str(account_id))
    elif last is None or read_params(last, _Sent) != truth:
        kind = OperationKind.CUSTOMER_UPDATE
        params = _update_for(owner, owner.customer_id)
    else:
        return None
    key = customer_key(account_id)
    return NewOperation(kind, key, params, subject_id=account_id, account_id=account_id)


async def find_sent_address(account_id: AccountId) -> CustomerAddress | None:
    """The last one that we sent."""
    sent = await find_last_with(CUSTOMER_KINDS, account_id, "postal_address")
    return None if sent is None else read_params(sent, _Sent).postal_address


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
        return _request_for(owner, params.account_id)


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
        return _update_for(owner, owner.customer_id)
