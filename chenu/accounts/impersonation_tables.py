"""Who of the staff sees the pages of which customer, why, and until when."""

from piccolo.columns import UUID, Bytea, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, primary_id, system_time


class Impersonation(Table, tablename="impersonation"):
    """Read-only, and only with the session of the staff member that it was begun in.

    Only the hash of its token is stored. `staff_role` is the right that it rests on; the customer
    sees it with the reason. `session` is not a foreign key: sessions are purged earlier.
    """

    id = primary_id()
    token_hash = Bytea(unique=True)
    session = UUID(default=None, index=True)
    staff = belongs_to(AppUser, index=True)
    staff_role = Text()
    customer = belongs_to(AppUser, index=True)
    account = belongs_to(Account)
    reason = Text()
    started_at = system_time()
    expires_at = system_time()
    ended_at = Timestamptz(default=None, null=True)
