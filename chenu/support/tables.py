"""What customers asked the support desk, and what it answered."""

from piccolo.columns import Text, Timestamptz
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
