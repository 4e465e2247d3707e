"""A person who has everything that CHE·NU stores of anybody, and the archive of their data."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, ApiScope, Staff
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.billing_details import BillingDetailsInput, save_billing_details
from chenu.accounts.impersonation import start_impersonation
from chenu.accounts.invitations import invite
from chenu.accounts.overrides import OverrideInput, set_override
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.queries import get_personal_account
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import add_member
from chenu.agents.featured import FeatureInput, feature_agent
from chenu.agents.legal_details import save_legal_details
from chenu.agents.model import AgentId
from chenu.agents.rows import AgentRow
from chenu.agents.updates import accept_update
from chenu.agents.version_news import announce_version
from chenu.agents.views import count_view, store_views
from chenu.core import db, mail
from chenu.flows.agent_reviews import create_review, reply_to_review
from chenu.flows.creators.edit_agent import create_agent, update_agent
from chenu.flows.executions.authorize import authorize_execution
from chenu.flows.executions.requests import AuthorizeInput
from chenu.flows.executions.token_limits import LimitInput, set_token_limit
from chenu.flows.mirrors.sync import sync_person
from chenu.flows.privacy.deletion import finish_deletion
from chenu.flows.privacy.export import make_export
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.flows.webhooks.deliver import deliver_due
from chenu.flows.withdrawals.declare import StatementInput, declare
from chenu.jobs.mail_transport import FolderTransport
from chenu.jobs.send_mail import send_mail
from chenu.media.pictures import PictureUse
from chenu.metering.allowances import allow_account
from chenu.metering.plans import ApiPlanCode, get_api_plan
from chenu.metering.usage import store_usage
from chenu.privacy.deletions import list_deletions_due
from chenu.privacy.exports import list_exports_due, open_last_export, read_archive, request_export
from chenu.roi.settings import RoiSettingsInput, update_settings
from chenu.roi.views import record_view
from chenu.support.requests import answer_request, ask_support
from chenu.tiers.catalogue import Feature, TierCode
from tests.accounts.factors import switch_on
from tests.affiliates.recommending import recommend
from tests.agents.legal import COMPANY, put_statement
from tests.agents.newer import publish_newer
from tests.flows.appeals import state_and_appeal
from tests.flows.packs import order_pack
from tests.flows.plans import advance, complete, put_plans, start
from tests.flows.sales import Market, buy, work_off
from tests.media.stored import keep, show
from tests.people import (
    Person,
    agent_input,
    make_creator,
    make_person,
    make_published_agent,
    sign_in_again,
)
from tests.tokens.granting import give, hold, spend
from tests.webhooks.listening import NOWHERE, happen, listen

NAME = "quartzia"
"""In the address, the name, the handle and the profile of the person."""
WORDS = "zebrafish"
"""In everything else that the person writes."""
TAX_ID = "FR12000000000"
"""Of somebody who trades under their own name."""


@dataclass(frozen=True)
class Life:
    """`person` has sold `sold` to `buyer`, and bought an agent of `seller`.

    `code` is a recovery code of the second factor.
    """

    person: Person
    sold: AgentRow
    buyer: Person
    seller: Person
    owner: Person
    code: str


async def live(services: Services) -> Life:
    """Everything that the product lets a person do."""
    person, _ = await make_creator(services, NAME)
    owner = await make_person("norbert", TierCode.BUSINESS)
    buyer = await make_person("balthazar")
    sold = await make_published_agent(services, person, price=700)
    await buy(services, Market(person, sold, buyer))
    draft = await create_agent(person.actor, agent_input(name=f"{WORDS} draft"))
    await _picture(services, draft, sold.id)
    seller, _ = await make_creator(services, "ferdinand")
    bought = await make_published_agent(services, seller, price=500, name="Relanceur")
    await buy(services, Market(seller, bought, person), key="own")
    person = await _subscribe(services, person)
    await _write(services, person, sold)
    await _review(Market(person, sold, buyer), bought)
    await _accept_newer(person, sold, bought)
    await _show(services, sold)
    await _call(services, person)
    await _hear(services, person)
    await state_and_appeal(sold, person, f"{WORDS} appeal")
    await save_legal_details(person.actor, replace(COMPANY, legal_name=f"{NAME} Studio"))
    assert sold.creator_id is not None
    await put_statement(sold.creator_id, supplier_name=f"{NAME} Studio")
    await _work_with_others(person, owner)
    await recommend(person, buyer)
    await _be_looked_at(person)
    _, codes = await switch_on(services, person)
    return Life(person, sold, buyer, seller, owner, codes[0])


async def _be_looked_at(person: Person) -> None:
    """The support desk has seen their pages."""
    desk = await make_person("lookingdesk", staff=(Staff.SUPPORT,))
    account_id = await get_personal_account(person.user_id)
    await start_impersonation(desk.actor, account_id, "They asked for help.")


async def _picture(services: Services, *agents: AgentId) -> None:
    """Each shows an icon and a screenshot."""
    for agent_id in agents:
        icon = await keep(services, agent_id, PictureUse.ICON)
        shown = await keep(services, agent_id, PictureUse.SCREENSHOT)
        await show(agent_id, icon.hash, shown.hash)


async def _review(market: Market, bought: AgentRow) -> None:
    """What the person says of what they bought, and replies to their own buyer."""
    await create_review(market.creator.actor, bought.id, 4, f"{WORDS} review")
    received = await create_review(market.buyer.actor, market.agent.id, 5, "Fine.")
    await reply_to_review(market.creator.actor, received.id, f"{WORDS} reply")


async def _accept_newer(person: Person, sold: AgentRow, bought: AgentRow) -> None:
    """A new version of what they bought; buyers of what they sold are yet to be told of one."""
    newer = await publish_newer(bought.id)
    sql = "SELECT id FROM access_grant WHERE agent = $1"
    await accept_update(person.actor, await db.fetch_value(sql, bought.id), newer)
    assert sold.current_version is not None
    await announce_version(sold.id, sold.current_version)


async def _show(services: Services, sold: AgentRow) -> None:
    """The page was looked at, and staff put the agent on the home page."""
    await count_view(services.tallies, sold.id)
    await store_views(services.tallies)
    desk = await make_person("showdesk", staff=(Staff.REVIEWER,))
    await feature_agent(desk.actor, FeatureInput(sold.slug, 1, None, None, "Well made."))


async def _call(services: Services, person: Person) -> None:
    """Their programs call the API."""
    assert person.actor.account_id is not None
    limiter = services.limiter
    await limiter.take(allow_account(person.actor.account_id, get_api_plan(ApiPlanCode.FREE)))
    await store_usage(limiter.counts)


async def _hear(services: Services, person: Person) -> None:
    """A server of theirs is told of something, and does not answer."""
    await listen(services, person, f"{NOWHERE}/{NAME}")
    await happen(person, NAME)
    await deliver_due(services)


async def _subscribe(services: Services, person: Person) -> Person:
    """A plan that was cancelled with a reason, and taken up again."""
    await put_plans(services, "plan_pro")
    await put_plans(services, "pack_100")
    await order_pack(services, person.actor, "pack_100")
    await db.execute("UPDATE account SET tier = 'FREE' WHERE owner = $1", person.user_id)
    await complete(services, await start(services, person.actor, TierCode.PRO, trial=True))
    await advance(services, 15)
    person = await sign_in_again(person.user_id, person.email)
    request = CancelInput(reason=f"{WORDS} reason")
    await cancel_plan(services, person.actor, request, f"{WORDS}-key")
    await resume_plan(services, person.actor)
    return person


async def _write(services: Services, person: Person, sold: AgentRow) -> None:
    change = agent_input(name=f"{WORDS} change").fields
    await update_agent(person.actor, sold.id, change, None)
    pepper = services.settings.secret
    await create_api_key(person.actor, f"{WORDS} key", [ApiScope.READ], None, pepper)
    request_id = await ask_support(person.actor, f"{WORDS} subject", f"{WORDS} body")
    desk = await make_person("deskworker", staff=(Staff.SUPPORT,))
    await answer_request(desk.actor, request_id, f"You wrote {WORDS}.")
    account_id = person.actor.account_id
    assert account_id is not None
    override = OverrideInput(Feature.THREADS, True, 900, "Agreed by phone.")
    await set_override(desk.actor, account_id, override)
    billed = BillingDetailsInput(
        f"{NAME} SARL", f"{WORDS} street", "", "75002", "Paris", "FR", TAX_ID
    )
    await save_billing_details(person.actor, billed)
    await sync_person(services, person.user_id)
    await update_settings(person.actor, RoiSettingsInput(4500, 20))
    await record_view(person.user_id)
    await declare(StatementInput(NAME, f"{WORDS} contract", person.email, "fr"), "192.0.2.78")
    await give(account_id, 100)
    await spend(account_id, 30, reason=f"{WORDS} run")
    await hold(account_id, 40, reason=f"{WORDS} run")
    await authorize_execution(services, person.actor, AuthorizeInput(sold.id, 20), "run")
    await set_token_limit(person.actor, LimitInput(agent_id=sold.id, soft=500))


async def _work_with_others(person: Person, owner: Person) -> None:
    """A member of a company, invited to another one, inviting somebody, with another address."""
    company = owner.actor.account_id
    assert company is not None
    await add_member(company, person.user_id, AccountRole.MEMBER)
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", person.actor.account_id)
    await invite(person.actor, "invited@example.org", AccountRole.MEMBER)
    hiring = await make_person("hildegard", TierCode.BUSINESS)
    await invite(hiring.actor, person.email, AccountRole.MEMBER)
    name, wanted = f"{NAME.capitalize()} Sand", f"{NAME}@example.net"
    await update_profile(person.actor, ProfileChange(display_name=name, email=wanted))
    await find_actor(person.token, "192.0.2.77")


async def export_of(person: Person) -> dict[str, Any]:
    """The files of the person's archive, made as the worker makes it; JSON is read."""
    await request_export(person.actor, None)
    for export_id in await list_exports_due():
        await make_export(export_id)
    ready = await open_last_export(person.actor, None)
    content = b"".join([part async for part in read_archive(ready.id)])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    return {
        name: json.loads(text) if name.endswith(".json") else text for name, text in texts.items()
    }


async def finish(services: Services, folder: Path) -> None:
    """What a worker does after a deletion."""
    await work_off(services)
    for deletion_id in await list_deletions_due():
        await finish_deletion(services, deletion_id)
    for mail_id in await mail.list_unsent():
        await send_mail(services.settings, FolderTransport(folder), mail_id)


@dataclass(frozen=True)
class _Table:
    name: str
    bytea: list[str]


async def find_words(*words: str) -> dict[str, int]:
    """By table the number of rows in which one of the words stands, in whatever column."""
    sql = """
        SELECT c.table_name::text AS name, coalesce(array_agg(c.column_name::text)
            FILTER (WHERE c.data_type = 'bytea'), '{}') AS bytea
        FROM information_schema.columns c WHERE c.table_schema = 'public' GROUP BY 1
    """
    found = {}
    pattern = "|".join(words)
    for table in await db.fetch_all(_Table, sql):
        texts = ["each::text", *(f"encode(each.\"{name}\", 'escape')" for name in table.bytea)]
        where = " OR ".join(f"{text} ~* $1" for text in texts)
        query = f"SELECT count(*) FROM {table.name} each WHERE {where}"  # noqa: S608 - own names
        count = await db.fetch_value(query, pattern)
        if count:
            found[table.name] = int(count)
    return found
