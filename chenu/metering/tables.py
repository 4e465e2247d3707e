"""What accounts called the API for, by day."""

from piccolo.columns import BigInt, Date
from piccolo.table import Table

from chenu.accounts.tables import Account
from chenu.core.columns import belongs_to, business_time, primary_id


class ApiUsage(Table, tablename="api_usage"):
    """Calls of one account on one day of business time (UTC), all its keys together."""

    id = primary_id()
    account = belongs_to(Account)
    day = Date(default=None)
    served = BigInt(default=0)
    refused = BigInt(default=0)
    created_at = business_time()
