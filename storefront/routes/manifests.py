"""Opening the manifest of an agent, which ends the buyer's right of withdrawal."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.roles import Right
from chenu.agents.access import (
    ReadableManifest,
    choose_version,
    decide_access,
    find_readable_manifest,
    list_usable_grants,
    record_first_use,
)
from chenu.agents.model import AgentKind, VersionId
from chenu.agents.queries import list_versions_by_id
from chenu.agents.rows import AgentRow, VersionRow
from chenu.core.errors import InvalidState, NotFound
from storefront.access import for_right
from storefront.json_text import pretty_json
from storefront.pages import Page, Pages
from storefront.routes.store import get_shown_agent


@get("/agents/{slug:str}/manifest", opt=for_right(Right.USE_AGENTS))
async def show_manifest(pages: NamedDependency[Pages], slug: FromPath[str]) -> Page:
    """Before the first opening, which has legal consequences, the buyer must confirm by a
    button.
    """
    agent = await get_shown_agent(pages, slug)
    version, opened = await _get_readable(pages, agent)
    if opened.first_use is not None:
        return pages.show("agents/open_manifest.html", agent=agent, text=agent.text(pages.locale))
    return await _show(pages, agent, version, opened)


@post("/agents/{slug:str}/manifest", opt=for_right(Right.USE_AGENTS))
async def open_manifest(pages: NamedDependency[Pages], slug: FromPath[str]) -> Page:
    """Answers with the manifest itself, so that no use is recorded before the buyer can read it."""
    agent = await get_shown_agent(pages, slug)
    version, opened = await _get_readable(pages, agent)
    return await _show(pages, agent, version, opened)


async def _show(
    pages: Pages, agent: AgentRow, version: VersionRow, opened: ReadableManifest
) -> Page:
    page = pages.show(
        "agents/manifest.html",
        agent=agent,
        text=agent.text(pages.locale),
        version=version,
        manifest=pretty_json(opened.manifest),
    )
    if opened.first_use is not None:
        await record_first_use([opened.first_use])
    if opened.by_staff:
        await record_staff_reads(pages.request_context.actor, [StaffRead("manifest", version.id)])
    return page


async def _get_readable(pages: Pages, agent: AgentRow) -> tuple[VersionRow, ReadableManifest]:
    """Raises the refusal that says what this visitor needs for access."""
    version_id = await _find_used(pages, agent)
    if version_id is None:
        raise NotFound("There is no such agent")
    [version] = await list_versions_by_id([version_id])
    opened = await find_readable_manifest(pages.request_context.actor, agent, version)
    if opened is None:
        if agent.kind is AgentKind.PLATFORM:
            raise InvalidState("Platform agents run at CHE·NU: there is no manifest to hand out")
        refusal = decide_access(pages.request_context.actor, agent, None).refusal
        raise refusal or InvalidState("This agent is not in your library yet")
    return version, opened


async def _find_used(pages: Pages, agent: AgentRow) -> VersionId | None:
    """The version that this visitor's account uses, else the newest."""
    account_id = pages.request_context.actor.account_id
    grants = await list_usable_grants(account_id, [agent.id]) if account_id else []
    return choose_version(agent, grants[0] if grants else None)
