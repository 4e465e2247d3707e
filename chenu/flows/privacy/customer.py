"""The customer at Stripe of an account that is closed: deleted, while its invoices stay there."""

from dataclasses import dataclass

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.gateway import StripeRefusal
from chenu.billing.ports import CustomerPort
from chenu.flows.operation_handlers import ChangeHandler
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_last,
)


class CustomerDeletionParams(msgspec.Struct, frozen=True):
    customer_id: str


@dataclass(frozen=True)
class CustomerDeletionHandler(ChangeHandler[CustomerDeletionParams]):
    """Stripe also ends what the customer subscribes to; one that is gone already is no fault."""

    customers: CustomerPort

    kind = OperationKind.CUSTOMER_DELETION
    params_type = CustomerDeletionParams

    async def call(self, operation: OperationRow, params: CustomerDeletionParams) -> None:
        try:
            await self.customers.delete_customer(params.customer_id)
        except StripeRefusal as refusal:
            if not refusal.is_gone:
                raise


async def create_customer_deletion(account_id: AccountId, customer_id: str) -> OperationRow:
    """The operation that deletes it; one that was refused is followed by another."""
    key = f"forget:{customer_id}"
    last = await find_last((OperationKind.CUSTOMER_DELETION,), account_id, key)
    if last is not None and last.state != OperationState.FAILED:
        return last
    new = NewOperation(
        OperationKind.CUSTOMER_DELETION,
        key,
        CustomerDeletionParams(customer_id),
        subject_id=account_id,
        account_id=account_id,
    )
    return await create_operation_after(new, last)
