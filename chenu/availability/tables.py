"""What the worker sees of the service, and what staff say about it. All times are system time."""

from piccolo.columns import Boolean, Date, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import AppUser
from chenu.core.columns import belongs_to, primary_id, system_time


class WebProcess(Table, tablename="web_process"):
    """A web process that said at which url the worker reaches it, until it says goodbye.

    One that comes back at the same url takes the place of the one before.
    """

    id = primary_id()
    url = Text(unique=True)
    started_at = system_time()
    seen_at = system_time(index=True)


class AvailabilitySample(Table, tablename="availability_sample"):
    """What the workers saw in the slot that begins `at`, which lasts `seconds`.

    A part is true where at least one of them saw it work.
    """

    at = system_time(primary_key=True)
    seconds = Integer()
    web = Boolean()
    database = Boolean()
    queue = Boolean()
    web_ready = Integer()
    web_known = Integer()


class AvailabilityDay(Table, tablename="availability_day"):
    """The sums of one day's samples (UTC), in seconds, without those of announced maintenance.

    `first_at` is where its first sample of a service that works begins, null without one;
    `last_until` is where its last sample ends.
    """

    day = Date(primary_key=True, default=None)
    available = Integer()
    unavailable = Integer()
    first_at = system_time(null=True)
    last_until = system_time()


class Maintenance(Table, tablename="maintenance"):
    """Work that was announced before it began, in whole minutes: it does not count.

    One that is canceled before it begins never was; one that is over early ends early.
    """

    id = primary_id()
    title_fr = Text()
    title_en = Text()
    starts_at = system_time()
    ends_at = system_time(index=True)
    announced_at = system_time()
    announced_by = belongs_to(AppUser, null=True)
    canceled_at = Timestamptz(default=None, null=True)


class Incident(Table, tablename="incident"):
    """What staff say of an outage; what it does to the figure follows from samples alone."""

    id = primary_id()
    title_fr = Text()
    title_en = Text()
    began_at = system_time(index=True)
    resolved_at = Timestamptz(default=None, null=True)
    opened_by = belongs_to(AppUser)
    created_at = system_time()


class IncidentUpdate(Table, tablename="incident_update"):
    """What was known of an incident at a moment; never changed."""

    id = primary_id()
    incident = belongs_to(Incident, index=True)
    text_fr = Text()
    text_en = Text()
    written_by = belongs_to(AppUser)
    written_at = system_time()
