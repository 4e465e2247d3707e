"""The account's VAT number as Stripe's customer has it: put there, checked there, told of there."""

from dataclasses import dataclass

from msgspec.structs import replace

from chenu.accounts.actor import AccountId
from chenu.accounts.billing_details import (
    TaxIdStatus,
    adopt_tax_id,
    find_details_of_tax_id,
    store_tax_id_state,
)
from chenu.accounts.customers import find_account_of_customer, forget_customer, get_billed_person
from chenu.accounts.tax_numbers import TaxNumberKind, kind_of
from chenu.billing.customer_requests import TaxIdChange, TaxIdState
from chenu.billing.gateway import StripeRefusal
from chenu.billing.inbox import InboxEvent
from chenu.billing.ports import CustomerPort
from chenu.core.errors import InvalidState
from chenu.flows.event_types import EventOutcome, EventScope, EventType
from chenu.flows.operation_handlers import OperationHandler, get_subject, read_params
from chenu.flows.services import Services
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow


def tax_id_key(account_id: AccountId) -> str:
    return f"tax_id:{account_id}"


async def next_tax_id_operation(
    account_id: AccountId, last: OperationRow | None
) -> NewOperation | None:
    """What to send after `last`; None when Stripe has the number, or has refused it."""
    owner = await get_billed_person(account_id)
    if owner.customer_id is None or (last is None and not owner.tax_id):
        return None
    change = TaxIdChange(owner.customer_id, kind_of(owner.tax_id), owner.tax_id)
    if last is not None and read_params(last, TaxIdChange) == change:
        return None
    key = tax_id_key(account_id)
    return NewOperation(
        OperationKind.CUSTOMER_TAX_ID, key, change, subject_id=account_id, account_id=account_id
    )


@dataclass(frozen=True)
class CustomerTaxIdHandler(OperationHandler[TaxIdChange, TaxIdState | None]):
    customers: CustomerPort

    kind = OperationKind.CUSTOMER_TAX_ID
    params_type = TaxIdChange

    async def call(self, operation: OperationRow, params: TaxIdChange) -> TaxIdState | None:
        return await self.customers.put_tax_id(params, operation)

    async def apply(
        self, operation: OperationRow, params: TaxIdChange, answer: TaxIdState | None
    ) -> None:
        """The id goes to the billing details: a number that comes back has another one."""
        if answer is not None:
            account_id = AccountId(get_subject(operation))
            status = _read_status(answer)
            await store_tax_id_state(account_id, params.value, answer.id, status)

    async def on_refused(
        self, operation: OperationRow, params: TaxIdChange, refusal: StripeRefusal
    ) -> None:
        if refusal.is_gone:
            await forget_customer(params.customer_id)
            return
        account_id = AccountId(get_subject(operation))
        await store_tax_id_state(account_id, params.value, None, TaxIdStatus.REFUSED)

    async def renew(self, operation: OperationRow, params: TaxIdChange) -> TaxIdChange:
        owner = await get_billed_person(AccountId(get_subject(operation)))
        if owner.customer_id is None:
            raise InvalidState("This customer is gone; the next purchase makes another one")
        return replace(
            params,
            customer_id=owner.customer_id,
            kind=kind_of(owner.tax_id),
            value=owner.tax_id,
        )


def _read_status(state: TaxIdState) -> TaxIdStatus:
    return TaxIdStatus(state.status.upper())


async def follow_tax_id(services: Services, event: InboxEvent) -> EventOutcome:
    """A number was typed on Stripe's page, or a register was asked about one."""
    if not event.object_id:
        return EventOutcome.IGNORED
    try:
        state = await services.customers.get_tax_id(event.object_id)
    except StripeRefusal as refusal:
        if refusal.is_gone:
            return EventOutcome.IGNORED  # it was deleted: what we have is put there again
        raise
    details = await find_details_of_tax_id(state.id)
    if details is not None:
        await store_tax_id_state(details.account_id, details.tax_id, state.id, _read_status(state))
        return EventOutcome.HANDLED
    account_id = await find_account_of_customer(state.customer_id or "")
    if account_id is None or state.kind not in set(TaxNumberKind):
        return EventOutcome.IGNORED
    await adopt_tax_id(account_id, state.value, state.id, _read_status(state))
    return EventOutcome.HANDLED


TAX_ID_EVENTS = tuple(
    EventType(f"customer.tax_id.{what}", EventScope.PLATFORM, follow_tax_id)
    for what in ("created", "updated")
)
