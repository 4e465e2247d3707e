"""Places in the primary's log, by which a replica is known to have what somebody has written.

Each fail-over begins a timeline. The new primary counts bytes on from what it had, which may be
less than what the lost one had written last, or another replica replayed. So bytes are compared on
one timeline alone, and a replica is on that which its data says: a row that is written on the
primary whenever that finds itself on another timeline. docs/decisions/0105.
"""

import msgspec


class LogPosition(msgspec.Struct, frozen=True, order=True):
    """Ordered by timeline first: what was acknowledged on an earlier one is before all of a later
    one, since only a replica that has all of it becomes the primary.
    """

    timeline: int
    bytes: int


BEGINNING = LogPosition(0, 0)
"""Before every write."""
UNKNOWN = LogPosition(2**31, 0)
"""No replica has replayed so much."""

READ_PRIMARY = """
    SELECT ('x' || left(pg_walfile_name(lsn), 8))::bit(32)::int AS timeline,
        pg_wal_lsn_diff(lsn, '0/0')::bigint AS bytes,
        (SELECT p.timeline FROM primary_timeline p WHERE p.id = 1) AS announced
    FROM (SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END AS lsn) log
"""
"""All that was acknowledged is before it, while `synchronous_commit` is on. A replica has none."""
ANNOUNCE = """
    INSERT INTO primary_timeline AS p (id, timeline) VALUES (1, $1)
    ON CONFLICT (id) DO UPDATE SET timeline = excluded.timeline
        WHERE p.timeline <> excluded.timeline
"""
READ_REPLICA = """
    SELECT pg_is_in_recovery() AS is_copy,
        (SELECT p.timeline FROM primary_timeline p WHERE p.id = 1) AS timeline,
        pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS bytes
"""


class PrimaryLog(msgspec.Struct, frozen=True):
    """A row of READ_PRIMARY. `announced`: the timeline that the data says."""

    timeline: int | None
    bytes: int | None
    announced: int | None
