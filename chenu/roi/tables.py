"""What an account says its time is worth, and who has looked at the dashboard."""

from piccolo.columns import BigInt, Date, Integer
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class RoiSetting(Table, tablename="roi_setting"):
    """An account's own numbers; null where ours count. `hourly_rate` is in cents."""

    id = primary_id()
    account = belongs_to(Account, unique=True)
    hourly_rate = BigInt(default=None, null=True)
    seconds_per_run = Integer(default=None, null=True)
    updated_at = business_time()


class RoiView(Table, tablename="roi_view"):
    """Somebody opened their dashboard in a calendar month, which `month` is the first day of."""

    id = primary_id()
    viewer = belongs_to(AppUser)
    month = Date(default=None)
    seen_at = business_time()
