"""What staff decided about what people published, and appeals against it."""

from piccolo.columns import UUID, Boolean, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class ModerationDecision(Table, tablename="moderation_decision"):
    """A statement of reasons: what was decided, on which ground, from which facts, for whom.

    `subject` is the agent or review by its id, `subject_name` what `recipient` calls it.
    """

    id = primary_id()
    kind = Text()
    subject = UUID(default=None, index=True)
    subject_name = Text()
    recipient = belongs_to(AppUser, index=True)
    ground = Text()
    facts = Text()
    is_automatic = Boolean(default=False)
    decided_by = belongs_to(AppUser)
    decided_at = business_time(index=True)


class Appeal(Table, tablename="appeal"):
    """The one appeal against a decision, and what somebody else decided about it."""

    id = primary_id()
    decision = belongs_to(ModerationDecision, unique=True)
    appellant = belongs_to(AppUser, index=True)
    body = Text()
    state = Text(default="WAITING")
    created_at = business_time()
    decided_by = belongs_to(AppUser, null=True)
    decided_at = Timestamptz(default=None, null=True, index=True)
    answer = Text(default=None, null=True)
