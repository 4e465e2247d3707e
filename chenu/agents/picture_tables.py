"""Pictures of agents, as they are kept in the object store."""

from piccolo.columns import UUID, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.core.columns import business_time, primary_id


class AgentPicture(Table, tablename="agent_picture"):
    """One uploaded picture; `name` is its PictureHash.

    `agent` is no foreign key: the row outlives a deleted agent until its files are gone.
    `removed_at`: from here on nothing may show it, and its files are being deleted.
    """

    id = primary_id()
    agent = UUID(default=None)
    name = Text(unique=True)
    use = Text()
    width = Integer()
    height = Integer()
    created_at = business_time()
    removed_at = Timestamptz(default=None, null=True)
