"""The support desk writes about incidents, and finance, which credits, announces maintenance."""

from datetime import timedelta
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import Staff
from chenu.availability.incidents import (
    IncidentId,
    IncidentInput,
    list_incidents,
    list_updates,
    open_incident,
    update_incident,
)
from chenu.availability.maintenance import (
    MaintenanceId,
    MaintenanceInput,
    announce_maintenance,
    end_maintenance,
    list_maintenance,
)
from chenu.core.clock import system_now
from storefront.access import FINANCE, SUPPORT, SUPPORT_OR_FINANCE
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.typed_values import require_minute

PATH = "/staff/incidents"
_INCIDENT = ("title_fr", "title_en", "text_fr", "text_en", "began_at", "reason")
_UPDATE = ("text_fr", "text_en", "resolves", "reason")
_MAINTENANCE = ("title_fr", "title_en", "starts_at", "ends_at", "reason")
_SHOWN = timedelta(days=90)


@get(PATH, opt=SUPPORT_OR_FINANCE)
async def show_incidents(pages: NamedDependency[Pages]) -> Page:
    return await _render(pages, FormView("incident"))


async def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    actor, now = pages.request_context.actor, system_now()
    since = now - _SHOWN
    incidents = await list_incidents(since)
    updates = await list_updates([row.id for row in incidents])
    return pages.show(
        "staff/incidents.html",
        status,
        form=form,
        form_of=lambda name: form if form.name == name else FormView(name),
        incidents=incidents,
        updates=updates,
        maintenance=await list_maintenance(since),
        may_announce=actor.has_staff(Staff.FINANCE),
        may_write=actor.has_staff(Staff.SUPPORT),
        now=now,
    )


@post(PATH, opt=SUPPORT)
async def open_new(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        actor, reason = pages.request_context.actor, fields.text("reason")
        await open_incident(actor, _read_incident(fields), reason)
    except REFUSALS as error:
        form = pages.refused("incident", keep(fields, _INCIDENT), error)
        return await _render(pages, form, pages.status(error))
    return pages.go(f"{PATH}?notice=incident-opened")


def _read_incident(fields: Fields) -> IncidentInput:
    return IncidentInput(
        title_fr=fields.text("title_fr"),
        title_en=fields.text("title_en"),
        text_fr=fields.text("text_fr"),
        text_en=fields.text("text_en"),
        began_at=require_minute(fields.text("began_at"), "began_at"),
    )


@post("/staff/incidents/{incident_id:uuid}", opt=SUPPORT)
async def write_update(
    request: HttpRequest, pages: NamedDependency[Pages], incident_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), IncidentId(incident_id)
    try:
        await update_incident(
            pages.request_context.actor,
            row_id,
            fields.text("text_fr"),
            fields.text("text_en"),
            fields.text("reason"),
            resolves=bool(fields.text("resolves")),
        )
    except REFUSALS as error:
        form = pages.refused(f"update-{row_id}", keep(fields, _UPDATE), error)
        return await _render(pages, form, pages.status(error))
    return pages.go(f"{PATH}?notice=incident-updated")


@post("/staff/maintenance", opt=FINANCE)
async def announce(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        data = MaintenanceInput(
            title_fr=fields.text("title_fr"),
            title_en=fields.text("title_en"),
            starts_at=require_minute(fields.text("starts_at"), "starts_at"),
            ends_at=require_minute(fields.text("ends_at"), "ends_at"),
        )
        await announce_maintenance(pages.request_context.actor, data, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused("maintenance", keep(fields, _MAINTENANCE), error)
        return await _render(pages, form, pages.status(error))
    return pages.go(f"{PATH}?notice=maintenance-announced")


@post("/staff/maintenance/{maintenance_id:uuid}/end", opt=FINANCE)
async def end(
    request: HttpRequest, pages: NamedDependency[Pages], maintenance_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), MaintenanceId(maintenance_id)
    try:
        await end_maintenance(pages.request_context.actor, row_id, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused(f"end-{row_id}", keep(fields, ("reason",)), error)
        return await _render(pages, form, pages.status(error))
    return pages.go(f"{PATH}?notice=maintenance-ended")
