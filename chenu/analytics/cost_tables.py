"""What is spent on winning customers."""

from piccolo.columns import BigInt, Date, Text
from piccolo.table import Table

from chenu.accounts.tables import AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class AcquisitionCost(Table, tablename="acquisition_cost"):
    """What one channel cost in one calendar month, in cents without VAT; entered by staff.

    `month` is its first day; `channel` is written in lower case. A new value replaces the old one.
    """

    id = primary_id()
    month = Date(default=None)
    channel = Text()
    amount = BigInt()
    recorded_by = belongs_to(AppUser)
    recorded_at = business_time()
