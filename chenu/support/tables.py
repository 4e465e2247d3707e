"""What customers asked the support desk, and what it answered."""

from piccolo.columns import UUID, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class SupportRequest(Table, tablename="support_request"):
    """`level` is what the account's plan promised when it was asked; `due_at` follows from it."""

    id = primary_id()
    account = belongs_to(Account, index=True)
    requester = belongs_to(AppUser, index=True)
    level = Text()
    subject = Text()
    body = Text()
    created_at = business_time()
    due_at = business_time()
    answered_at = Timestamptz(default=None, null=True)
    closed_at = Timestamptz(default=None, null=True)


class SupportAnswer(Table, tablename="support_answer"):
    id = primary_id()
    request = belongs_to(SupportRequest, index=True)
    author = belongs_to(AppUser)
    body = Text()
    created_at = business_time(index=True)


class WithdrawalStatement(Table, tablename="withdrawal_statement"):
    """Somebody's words that they withdraw from a contract, and what became of it.

    `name`, `email` and `contract` are as they were written. `contract_kind` and `contract_id` say
    which contract it was found to be; `account` whose.
    """

    id = primary_id()
    name = Text()
    email = Text()
    contract = Text()
    locale = Text()
    declared_at = business_time(index=True)
    account = belongs_to(Account, null=True, index=True)
    contract_kind = Text(default=None, null=True)
    contract_id = UUID(default=None, null=True)
    state = Text()
    decided_by = belongs_to(AppUser, null=True)
    decided_at = Timestamptz(default=None, null=True)
    decision_reason = Text(default=None, null=True)


class EnterpriseInquiry(Table, tablename="enterprise_inquiry"):
    """Somebody, perhaps without an account, who asked for an offer. `seats` null: not said."""

    id = primary_id()
    name = Text()
    company = Text()
    email = Text()
    seats = Integer(default=None, null=True)
    message = Text()
    locale = Text()
    created_at = business_time(index=True)
    closed_at = Timestamptz(default=None, null=True)
