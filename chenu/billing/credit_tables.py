"""Credits of contracts: what staff decided about months below the promised availability."""

from piccolo.columns import BigInt, Boolean, Date, Integer, Text
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


class ContractCreditRefusal(Table, tablename="contract_credit_refusal"):
    """That a month's credit was refused, or (`is_taken_back`) is not any more; never changed.

    The newest row of a contract and month counts, until the month has a credit. The figures are
    as in `contract_credit`.
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
    is_taken_back = Boolean()
    reason = Text()
    decided_by = belongs_to(AppUser)
    decided_at = business_time()
