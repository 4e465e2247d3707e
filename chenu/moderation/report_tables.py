"""What people report, and what staff decided about it."""

from piccolo.columns import UUID, BigInt, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class ReportCase(Table, tablename="report_case"):
    """All reports of one agent or review until staff decide: however many, one line for them.

    `subject` is the agent or review by its id, `agent` the agent that it belongs to. `place` orders
    the list of staff.
    """

    id = primary_id()
    kind = Text()
    subject = UUID(default=None)
    agent = UUID(default=None)
    state = Text(default="OPEN")
    place = BigInt()
    opened_at = business_time()
    decided_by = belongs_to(AppUser, null=True)
    decided_at = Timestamptz(default=None, null=True, index=True)
    reason = Text(default=None, null=True)


class ContentReport(Table, tablename="content_report"):
    """One person's report. `reporter` null: not signed in; `email` is then what they typed.

    `receipt` is the secret end of the address of their receipt, the same for a form sent twice.
    """

    id = primary_id()
    report_case = belongs_to(ReportCase)
    receipt = Text(unique=True)
    reporter = belongs_to(AppUser, null=True, index=True)
    email = Text(default=None, null=True, index=True)
    locale = Text()
    ground = Text()
    body = Text()
    created_at = business_time(index=True)
