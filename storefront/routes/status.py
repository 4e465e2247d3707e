"""Whether the service works, for everybody, also while the database is away: a page, and JSON."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from chenu.availability.board import KnownStatus
from chenu.availability.figures import PROMISED, Figure
from chenu.availability.status import DAYS, Status
from chenu.core.clock import system_now
from chenu.flows.services import Services
from storefront.access import PUBLIC, WITHOUT_METER
from storefront.pages import Page, Pages
from storefront.status_chart import draw_days
from storefront.status_words import SERVICE_STATES

_MAX_AGE = 15


@get("/status", opt=PUBLIC)
async def show_status(pages: NamedDependency[Pages], services: NamedDependency[Services]) -> Page:
    known = await services.status.get()
    status = known.status
    now = system_now()
    upcoming = [row for row in status.maintenance if row.ends_at > now] if status else []
    return pages.show(
        "status/page.html",
        known=known,
        service=status,
        state_words=SERVICE_STATES,
        bars=draw_days(status.days) if status else [],
        upcoming=upcoming,
        past=[row for row in status.maintenance if row.ends_at <= now] if status else [],
        days=DAYS,
        promised=PROMISED,
        age=now - status.read_at if status else None,
    )


@get("/status.json", opt=PUBLIC | WITHOUT_METER)
async def send_status(services: NamedDependency[Services]) -> Response[bytes]:
    """The same for programs, in both languages; cached for as long as a sample counts."""
    body = msgspec.json.encode(describe(await services.status.get()))
    headers = {"Cache-Control": f"public, max-age={_MAX_AGE}"}
    return Response(body, media_type="application/json", headers=headers)


def describe(known: KnownStatus) -> dict[str, Any]:
    """`isCurrent` false: the database does not answer, and this is what was known `readAt`."""
    status = known.status
    if status is None:
        return {"isCurrent": False, "readAt": None}
    return {
        "isCurrent": known.is_current,
        "readAt": status.read_at,
        "state": status.state if known.is_current else "DOWN",
        "parts": _parts(status),
        "measuredSince": status.since,
        "month": _figure(status.month),
        "days": [{"day": each.day, **_figure(each.figure)} for each in status.days],
        "incidents": _incidents(status),
        "maintenance": [
            {
                "title": {"fr": row.title_fr, "en": row.title_en},
                "startsAt": row.starts_at,
                "endsAt": row.ends_at,
                "announcedAt": row.announced_at,
            }
            for row in status.maintenance
        ],
    }


def _parts(status: Status) -> dict[str, Any] | None:
    last = status.last
    if last is None:
        return None
    return {
        "sampledAt": last.at,
        "web": last.web,
        "webProcessesReady": last.web_ready,
        "webProcessesKnown": last.web_known,
        "database": last.database,
        "queue": last.queue,
    }


def _figure(figure: Figure) -> dict[str, int | None]:
    return {
        "availabilityThousandths": figure.thousandths,
        "countedSeconds": figure.counted,
        "availableSeconds": figure.available,
        "excludedSeconds": figure.excluded,
    }


def _incidents(status: Status) -> list[dict[str, Any]]:
    return [
        {
            "title": {"fr": row.title_fr, "en": row.title_en},
            "beganAt": row.began_at,
            "resolvedAt": row.resolved_at,
            "updates": [
                {"text": {"fr": each.text_fr, "en": each.text_en}, "at": each.written_at}
                for each in status.updates[row.id]
            ],
        }
        for row in status.incidents
    ]
