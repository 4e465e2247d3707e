"""Loads everything that the page of one's own agent shows."""

import msgspec

from chenu.accounts.actor import Actor
from chenu.agents.completeness import rate_listing
from chenu.agents.drafts import FIRST_VERSION
from chenu.agents.media import MOST_SCREENSHOTS, AgentMedia
from chenu.agents.model import AgentStatus, VersionId
from chenu.agents.queries import find_agent, find_change, list_versions, list_versions_by_id
from chenu.agents.queue_time import find_usual_wait
from chenu.agents.rows import AgentRow, ChangeRow, VersionRow
from chenu.core.errors import NotFound
from chenu.flows.creators.edit_pictures import media_being_edited
from chenu.flows.creators.review_agent import find_submit_refusal
from chenu.media.pictures import OF_AGENTS, PictureUse
from chenu.moderation.decisions import DecisionRow, find_latest_decision
from chenu.moderation.model import DecisionKind
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import PlanRequired, find_refusal
from storefront.agent_form import listing_values, price_values
from storefront.forms import FormView
from storefront.json_text import pretty_json
from storefront.pages import Page, Pages

_OPEN = (AgentStatus.DRAFT, AgentStatus.REJECTED, AgentStatus.PUBLISHED)


class EditorForms(msgspec.Struct, frozen=True):
    """The page's forms as typed; None for a form that was not sent."""

    listing: FormView | None = None
    price: FormView | None = None
    version: FormView | None = None
    state: FormView | None = None
    picture: FormView | None = None

    @property
    def refused(self) -> FormView | None:
        forms = (self.listing, self.price, self.version, self.state, self.picture)
        return next((form for form in forms if form and form.errors), None)


async def render_editor(
    pages: Pages,
    agent: AgentRow,
    forms: EditorForms,
    *,
    status: int = 200,
    preview: str | None = None,
) -> Page:
    agent = await _reread(agent)
    change = await find_change(agent.id)
    current = await _find_version(agent, change)
    media = media_being_edited(agent, change)
    return pages.show(
        "creator/agent.html",
        status,
        agent=agent,
        change=change,
        decision=await _find_decision(agent, change),
        versions=await list_versions([agent.id], all_states=True),
        is_open=agent.status in _OPEN,
        plan_refusal=find_plan_refusal(pages.request_context.actor),
        submit_refusal=find_submit_refusal(pages.request_context.actor, agent),
        refused=forms.refused,
        listing=forms.listing or FormView("listing", listing_values(agent, change, pages.locale)),
        price=forms.price or FormView("price", price_values(agent, pages.locale)),
        version=forms.version or FormView("version", _version_values(current)),
        preview=preview,
        media=media,
        picture_forms=_picture_forms(media, forms.picture),
        most_screenshots=MOST_SCREENSHOTS,
        completeness=rate_listing(with_change(agent, change)),
        usual_wait=await find_usual_wait(),
    )


async def _find_decision(agent: AgentRow, change: ChangeRow | None) -> DecisionRow | None:
    """The reasons of what the page calls suspended or sent back."""
    if agent.status is AgentStatus.SUSPENDED:
        return await find_latest_decision(DecisionKind.AGENT_SUSPENDED, agent.id)
    if AgentStatus.REJECTED in (agent.status, change and change.status):
        return await find_latest_decision(DecisionKind.AGENT_REJECTED, agent.id)
    return None


def _picture_forms(media: AgentMedia, refused: FormView | None) -> dict[str, FormView]:
    """By use for what is uploaded, by name for what is there."""
    names = [*OF_AGENTS, *media.names(PictureUse.SCREENSHOT)]
    forms: dict[str, FormView] = {name: FormView(f"picture-{name[:12]}") for name in names}
    if refused is not None:
        forms |= {name: refused for name, form in forms.items() if form.name == refused.name}
    return forms


def with_change(agent: AgentRow, change: ChangeRow | None) -> AgentRow:
    """The agent as it would be published."""
    if change is None:
        return agent
    columns = AgentRow.__struct_fields__
    changed = {name: value for name, value in change.fields.items() if name in columns}
    if change.media is not None:
        changed["media_json"] = msgspec.json.encode(change.media).decode()
    return msgspec.structs.replace(agent, **changed)


def find_plan_refusal(actor: Actor) -> PlanRequired | None:
    """Checked before the form is shown, so that nobody types a text that cannot be saved."""
    return find_refusal(actor.entitlements, Feature.MARKETPLACE)


async def _reread(agent: AgentRow) -> AgentRow:
    found = await find_agent(agent.id)
    if found is None:
        raise NotFound("There is no such agent")
    return found


async def _find_version(agent: AgentRow, change: ChangeRow | None) -> VersionRow | None:
    """The newest version that was not refused, from which the next one starts."""
    version_id: VersionId | None = agent.current_version
    if change is not None and change.version_id is not None:
        version_id = change.version_id
    found = await list_versions_by_id([version_id]) if version_id else []
    return found[0] if found else None


def _version_values(version: VersionRow | None) -> dict[str, str]:
    if version is None:
        return {"number": FIRST_VERSION}
    major, minor, _ = version.number.split(".")
    number = f"{major}.{int(minor) + 1}.0"
    return {"number": number, "manifest": pretty_json(version.manifest)}
