"""What customers asked the support desk, and what it answered."""

from piccolo.columns import Integer, Text, Timestamptz
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
