"""What becomes of a newly published version: who is to be told of it, and who accepted it."""

from piccolo.columns import Integer, Text
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.agents.tables import AccessGrant, Agent, AgentVersion
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class VersionNews(Table, tablename="version_news"):
    """A version that those who have its agent are yet to be told of; deleted once they all are.

    Where telling somebody failed, it is tried again at `next_attempt_at`.
    """

    id = primary_id()
    agent = belongs_to(Agent, index=True)
    version = belongs_to(AgentVersion, unique=True)
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time()
    created_at = business_time()


class VersionAcceptance(Table, tablename="version_acceptance"):
    """Somebody's agreement that their account's agent changes from one version to a newer one."""

    id = primary_id()
    access_grant = belongs_to(AccessGrant, index=True)
    account = belongs_to(Account, index=True)
    app_user = belongs_to(AppUser, index=True)
    replaced = belongs_to(AgentVersion)
    version = belongs_to(AgentVersion)
    accepted_at = business_time()
