"""Names that accounts have entered, and which of them are proved."""

from piccolo.columns import Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class DomainName(Table, tablename="domain_name"):
    """A mail domain or a host of an account, in ASCII and lower case.

    `token` stands in the DNS record that proves it. Once `proved_at` is set, no other account can
    prove the name. `confirmed_by` of the staff did so without a record, for `reason`.
    """

    id = primary_id()
    account = belongs_to(Account)
    kind = Text()
    name = Text()
    token = Text()
    source = Text(default="")
    created_at = business_time()
    proved_at = Timestamptz(default=None, null=True)
    confirmed_by = belongs_to(AppUser, null=True, default=None, index=True)
    reason = Text(default="")
