"""Credits of contracts: what staff confirmed for months below the promised availability."""

from piccolo.columns import BigInt, Date, Integer, Text
from piccolo.table import Table

from chenu.accounts.tables import AppUser
from chenu.billing.tables import EnterpriseContract
from chenu.core.columns import belongs_to, business_time, primary_id


class ContractCredit(Table, tablename="contract_credit"):
    """At most one a contract and month, which is its first day; never changed.

    `first_day` to `last_day` (UTC): the days of the month on which the contract ran. Of their
    time, in seconds: what counted, what announced maintenance took, and what was available.
    `percent` of `fee`, the contract's amount for these days, is `amount`; in cents without VAT.
    """

    id = primary_id()
    contract = belongs_to(EnterpriseContract)
    month = Date(default=None)
    first_day = Date(default=None)
    last_day = Date(default=None)
    counted = Integer()
    excluded = Integer()
    available = Integer()
    percent = Integer()
    fee = BigInt()
    amount = BigInt()
    reason = Text()
    confirmed_by = belongs_to(AppUser)
    confirmed_at = business_time()
