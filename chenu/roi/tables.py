"""What an account says its time is worth."""

from piccolo.columns import BigInt, Integer
from piccolo.table import Table

from chenu.accounts.tables import Account
from chenu.core.columns import belongs_to, business_time, primary_id


class RoiSetting(Table, tablename="roi_setting"):
    """An account's own numbers; null where ours count. `hourly_rate` is in cents."""

    id = primary_id()
    account = belongs_to(Account, unique=True)
    hourly_rate = BigInt(default=None, null=True)
    seconds_per_run = Integer(default=None, null=True)
    updated_at = business_time()
