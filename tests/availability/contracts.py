"""A contract for 3,100.00 euros a period, as its row would be."""

from datetime import datetime

from chenu.accounts.actor import AccountId
from chenu.billing.contracts import ContractId, ContractRow, ContractStatus
from chenu.billing.recurring import BillingInterval
from chenu.core.ids import new_id
from chenu.core.money import Cents
from tests.people import Person


def contract_of(
    starts: datetime,
    ends: datetime,
    account_id: AccountId | None = None,
    ended_at: datetime | None = None,
    interval: BillingInterval = BillingInterval.MONTH,
    entered_by: Person | None = None,
) -> ContractRow:
    return ContractRow(
        id=ContractId(new_id()),
        account_id=account_id or AccountId(new_id()),
        reference="CHENU-7",
        amount=Cents(310_000),
        billing_interval=interval,
        seats=None,
        api_calls=None,
        api_rate=None,
        starts_at=starts,
        ends_at=ends,
        status=ContractStatus.ENDED if ended_at else ContractStatus.RUNNING,
        due_at=None if ended_at else ends,
        entered_by=entered_by.user_id if entered_by else None,  # type: ignore[arg-type]
        created_at=starts,
        ended_at=ended_at,
        end_reason=None,
    )
