"""Opening the manifest of an agent: the thing bought, and the end of the right of withdrawal."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import Staff
from chenu.agents.access import decide_access, find_opened_manifest, list_usable_grants
from chenu.agents.model import AgentKind
from chenu.agents.queries import is_own, list_versions_by_id
from chenu.agents.rows import AgentRow, VersionRow
from chenu.core.errors import InvalidState, NotFound
from storefront.access import SIGNED_IN
from storefront.json_text import pretty_json
from storefront.pages import Page, Pages
from storefront.routes.store import get_shown_agent


@get("/agents/{slug:str}/manifest", opt=SIGNED_IN)
async def show_manifest(pages: NamedDependency[Pages], slug: FromPath[str]) -> Page:
    """A holder's first opening has consequences: it is asked for with a button."""
    agent = await get_shown_agent(pages, slug)
    if await _is_first_use(pages, agent):
        return pages.show("agents/open_manifest.html", agent=agent, text=agent.text(pages.locale))
    version, manifest = await _open(pages, agent)
    return pages.show(
        "agents/manifest.html",
        agent=agent,
        text=agent.text(pages.locale),
        version=version,
        manifest=pretty_json(manifest),
    )


@post("/agents/{slug:str}/manifest", opt=SIGNED_IN)
async def open_manifest(pages: NamedDependency[Pages], slug: FromPath[str]) -> Page:
    agent = await get_shown_agent(pages, slug)
    await _open(pages, agent)
    return pages.go(f"/agents/{agent.slug}/manifest")


async def _is_first_use(pages: Pages, agent: AgentRow) -> bool:
    actor = pages.visit.actor
    if is_own(actor, agent) or actor.has_staff(Staff.REVIEWER) or actor.account_id is None:
        return False
    grants = await list_usable_grants(actor.account_id, [agent.id])
    return bool(grants) and grants[0].first_used_at is None


async def _open(pages: Pages, agent: AgentRow) -> tuple[VersionRow, dict[str, object]]:
    """Raises the refusal that says what would let this visitor in."""
    if agent.current_version is None:
        raise NotFound("There is no such agent")
    [version] = await list_versions_by_id([agent.current_version])
    manifest = await find_opened_manifest(pages.visit.actor, agent, version)
    if manifest is None:
        if agent.kind is AgentKind.PLATFORM:
            raise InvalidState("Platform agents run at CHE·NU: there is no manifest to hand out")
        refusal = decide_access(pages.visit.actor, agent, None).refusal
        raise refusal or InvalidState("This agent is not in your library yet")
    return version, manifest
