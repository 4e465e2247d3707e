"""A person is deleted: what goes, what stays under a pseudonym, and what must not break."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chenu.accounts.actor import AccountId
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import Browser, SignUp, sign_in, sign_up
from chenu.agents.access import has_usable_grant
from chenu.agents.queries import find_agent, find_creator_by_handle
from chenu.billing.trials import has_used_trial
from chenu.core import db
from chenu.core.errors import Invalid, NotFound
from chenu.flows.invariants import check_everything
from chenu.flows.mirrors.stale import sync_stale
from chenu.flows.mirrors.sync import sync_customer, sync_person, sync_product
from chenu.flows.operations.runner import run_operation
from chenu.flows.privacy.deletion import delete_person, finish_deletion
from chenu.flows.privacy.rules import erase_all, find_whose
from chenu.flows.services import Services
from chenu.flows.subscriptions.start import is_trial_due
from chenu.ledger.operation_list import OperationQuery, list_operations
from chenu.ledger.operations import OperationKind
from chenu.privacy.deletions import list_deletions_due
from tests.affiliates.earned import WITHOUT_AN_INVOICE
from tests.flows.plans import catch_up, open_plans, start
from tests.flows.sales import open_market, open_page, work_off
from tests.people import (
    PASSWORD,
    get_agent,
    make_creator,
    make_person,
    make_published_agent,
)
from tests.privacy.lives import NAME, TAX_ID, WORDS, Life, export_of, find_words, finish, live
from tests.rows import count, count_jobs
from tests.stripe_side import StripeSide
from tests.tokens.granting import WITHOUT_A_RUN

EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def _delete(services: Services, life: Life, folder: Path) -> None:
    await delete_person(services, life.person.actor, PASSWORD, "delete", life.code)
    await finish(services, folder)


def _read(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.iterdir()]


async def test_nothing_that_names_the_person_or_that_they_wrote_is_left(
    services: Services, tmp_path: Path
) -> None:
    life = await live(services)
    await export_of(life.person)
    before = await find_words(NAME, WORDS)
    assert await count("operation", "params::text ~* $1", TAX_ID) == 1

    await _delete(services, life, tmp_path)

    assert len(before) > 10
    assert await count("operation", "params::text ~* $1", TAX_ID) == 0
    # The PDF of an invoice has to be stored as it was issued; and what the buyer was mailed as a
    # receipt names its seller, until it is purged.
    left = await find_words(NAME, WORDS)
    assert left.pop("billing_document") > 0
    # Their own invoices, the statements, name them by law.
    assert left.pop("creator_legal_details") == 1
    assert left.pop("self_billing_statement") == 1
    assert left == {"outbox_mail": 1}
    receipt = await db.fetch_value(
        "SELECT to_address FROM outbox_mail WHERE params::text ~* $1", NAME
    )
    assert receipt == life.buyer.email


async def test_no_ip_and_no_browser_of_the_person_is_left(
    services: Services, tmp_path: Path
) -> None:
    life = await live(services)

    await _delete(services, life, tmp_path)

    whose = life.person.user_id
    assert await count("user_session", "owner = $1", whose) == 0
    assert await count("audit_event", "actor = $1 AND ip <> ''", whose) == 0
    assert await count("audit_event", "actor = $1 AND action = 'user.delete'", whose) == 1
    assert await count("attempt_window", "subject LIKE '%' || $1", str(whose)) == 0


async def test_it_is_gone_here_before_stripe_or_a_worker_was_asked(services: Services) -> None:
    life = await live(services)

    await delete_person(services, life.person.actor, PASSWORD, "supprimer", life.code)

    # The last mail waits to be sent, and the address goes with it.
    left = await find_words(life.person.email, WORDS)
    assert left == {"outbox_mail": 1}
    assert await find_actor(life.person.token, "") is None


async def test_the_last_mail_reaches_the_address_and_is_not_stored(
    services: Services, tmp_path: Path
) -> None:
    life = await live(services)

    await _delete(services, life, tmp_path)

    sent = _read(tmp_path)
    assert [life.person.email in text for text in sent if "/sign-up" in text] == [True]
    assert await count("outbox_mail", "kind = 'PERSON_DELETED'") == 0


async def test_subscriptions_and_the_customer_end_at_stripe_and_invoices_stay(
    services: Services, stripe_side: StripeSide, tmp_path: Path
) -> None:
    life = await live(services)
    account_id = life.person.actor.account_id
    customer = await db.fetch_value(
        "SELECT stripe_customer_id FROM account WHERE id = $1", account_id
    )
    invoices = await count("invoice", "account = $1", account_id)

    await _delete(services, life, tmp_path)
    await catch_up(services)

    theirs = await stripe_side.list_all("/v1/subscriptions", status="all", customer=customer)
    assert [subscription["status"] for subscription in theirs] == ["canceled"]
    assert (await stripe_side.get(f"/v1/customers/{customer}"))["deleted"] is True
    assert await count("subscription", "account = $1 AND status = 'CANCELED'", account_id) == 1
    assert await count("invoice", "account = $1", account_id) == invoices > 1
    row = "id = $1 AND stripe_customer_id = $2 AND tier = 'FREE' AND closed_at IS NOT NULL"
    assert await count("account", row, account_id, customer) == 1
    assert await count("person_deletion", "finished_at IS NOT NULL") == 1


async def test_books_and_stripe_agree_afterwards(
    services: Services, stripe_side: StripeSide, tmp_path: Path
) -> None:
    await stripe_side.reset()
    life = await live(services)
    rows = ("purchase", "purchase_payment", "invoice", "ledger_entry", "acceptance", "trial_use")
    before = {table: await count(table) for table in rows}

    await _delete(services, life, tmp_path)
    await catch_up(services)

    findings = await check_everything(services, EVER)
    made_up = {WITHOUT_A_RUN, *WITHOUT_AN_INVOICE}
    assert {finding.name for finding in findings if not finding.ok} <= made_up
    assert {table: await count(table) for table in rows} == before


async def test_products_of_the_listings_are_archived_at_stripe(
    services: Services, stripe_side: StripeSide, tmp_path: Path
) -> None:
    """What was sold has its name still; of what nobody has, nothing is left to read."""
    life = await live(services)
    unsold = await make_published_agent(services, life.person, price=900, name=f"{WORDS} unsold")
    await work_off(services)

    await _delete(services, life, tmp_path)
    await work_off(services)
    await sync_product(services, life.sold.id)

    products = [
        await stripe_side.get(f"/v1/products/agent_{agent.id.hex}") for agent in (life.sold, unsold)
    ]
    assert [product["active"] for product in products] == [False, False]
    assert products[0]["name"] == life.sold.name
    assert products[1]["name"].startswith("deleted-")
    assert await find_agent(unsold.id) is None
    assert await count("operation", "kind = 'PRODUCT_UPDATE' AND state = 'SETTLED'") == 2


async def test_a_product_that_is_made_while_its_listing_goes_is_archived_too(
    services: Services, stripe_side: StripeSide, tmp_path: Path
) -> None:
    creator, _ = await make_creator(services, "zoe")
    unsold = await make_published_agent(services, creator, price=900)
    await delete_person(services, creator.actor, PASSWORD, "DELETE")
    [archival] = await list_operations(OperationQuery(kind=OperationKind.PRODUCT_UPDATE))
    early = await run_operation(services, archival.id)

    for _ in range(3):
        await work_off(services)

    product = await stripe_side.get(f"/v1/products/agent_{unsold.id.hex}")
    assert early.state == "SETTLED"
    assert product["active"] is False


async def test_buyers_keep_what_they_bought_and_nobody_buys_it_any_more(
    services: Services, tmp_path: Path
) -> None:
    life = await live(services)
    account_id = life.buyer.actor.account_id
    assert account_id is not None

    await _delete(services, life, tmp_path)

    agent = await get_agent(life.sold.id)
    assert (agent.status, agent.is_on_sale, agent.name) == ("ARCHIVED", False, life.sold.name)
    assert await has_usable_grant(account_id, agent.id)
    assert await count("agent_version", "agent = $1", agent.id) == 1
    assert await count("agent", "name ~ $1", WORDS) == 0
    assert await find_creator_by_handle(f"{NAME}-nord") is None
    assert await count_jobs("close_checkouts") > 0


async def test_keys_memberships_and_invitations_end(services: Services, tmp_path: Path) -> None:
    life = await live(services)
    whose = life.person.user_id

    await _delete(services, life, tmp_path)

    assert await count("membership", "member = $1", whose) == 0
    assert await count("invitation") == 0
    assert await count("api_key", "created_by = $1 AND revoked_at IS NULL", whose) == 0
    assert await count("membership", "account = $1", life.owner.actor.account_id) == 1
    assert await count("connect_account", "owner = $1", whose) == 0


async def test_the_old_address_is_unknown_and_may_sign_up_again_without_a_second_trial(
    services: Services, tmp_path: Path
) -> None:
    life = await live(services)
    await _delete(services, life, tmp_path)

    with pytest.raises(WrongCredentials):
        await sign_in(life.person.email, PASSWORD, Browser())
    request = SignUp(life.person.email, PASSWORD, "Somebody")
    session = await sign_up(request, Browser(), verify_at_once=True)

    actor = await find_actor(session.token, "")
    assert actor is not None
    assert actor.account_id is not None
    assert await has_used_trial(life.person.email)
    assert not await is_trial_due(actor.account_id)


@pytest.mark.parametrize("typed", ["", "yes", "DELET", "DELETE ME", "supprime"])
async def test_another_word_deletes_nothing(services: Services, typed: str) -> None:
    person = await make_person("zoe")

    with pytest.raises(Invalid, match="type"):
        await delete_person(services, person.actor, PASSWORD, typed)

    assert await count("app_user", "deleted_at IS NULL") == 1


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper()])
async def test_a_wrong_password_deletes_nothing(services: Services, password: str) -> None:
    person = await make_person("zoe")

    with pytest.raises(WrongCredentials):
        await delete_person(services, person.actor, password, "DELETE")

    assert await count("app_user", "deleted_at IS NULL") == 1


async def test_an_open_payment_page_is_closed_first(
    services: Services, stripe_side: StripeSide, tmp_path: Path
) -> None:
    market = await open_market(services)
    purchase = await open_page(services, market)

    await delete_person(services, market.buyer.actor, PASSWORD, "DELETE")
    await finish(services, tmp_path)

    session = await stripe_side.get(f"/v1/checkout/sessions/{purchase.checkout_session_id}")
    assert session["status"] == "expired"
    assert await count("purchase", "status = 'CANCELED' AND checkout_url IS NULL") == 1


async def test_an_open_page_of_a_plan_is_closed_first(services: Services, tmp_path: Path) -> None:
    person = await open_plans(services)
    await start(services, person.actor)

    await delete_person(services, person.actor, PASSWORD, "DELETE")
    await finish(services, tmp_path)

    assert await count("subscription_order", "status = 'CANCELED'") == 1
    assert await count("person_deletion", "finished_at IS NOT NULL") == 1


async def test_what_is_done_twice_changes_nothing(services: Services, tmp_path: Path) -> None:
    life = await live(services)
    await _delete(services, life, tmp_path)
    whose = await find_whose(life.person.user_id)
    before = await db.fetch_value("SELECT deleted_at FROM app_user WHERE deleted_at IS NOT NULL")

    await db.run_in_transaction(lambda: erase_all(whose))

    sql = "SELECT deleted_at FROM app_user WHERE id = $1"
    assert await db.fetch_value(sql, life.person.user_id) == before
    assert await list_deletions_due() == []


async def test_stripe_is_sent_nothing_more_about_the_pseudonym(
    services: Services, tmp_path: Path
) -> None:
    life = await live(services)
    await _delete(services, life, tmp_path)
    account_id = life.person.actor.account_id
    assert account_id is not None
    sent = await count("operation")

    await db.execute("DELETE FROM pgqueuer")
    await sync_stale()
    await sync_person(services, life.person.user_id)

    assert await count("operation") == sent
    assert await count_jobs("sync_person") == 0
    with pytest.raises(NotFound):
        await sync_customer(services, AccountId(account_id))


async def test_a_customer_that_is_gone_at_stripe_already_is_no_fault(
    services: Services, stripe_side: StripeSide, tmp_path: Path
) -> None:
    life = await live(services)
    sql = "SELECT stripe_customer_id FROM account WHERE id = $1"
    customer = await db.fetch_value(sql, life.person.actor.account_id)

    await delete_person(services, life.person.actor, PASSWORD, "DELETE", life.code)
    await stripe_side.delete(f"/v1/customers/{customer}")
    await finish(services, tmp_path)

    kind = OperationKind.CUSTOMER_DELETION
    assert await count("operation", "kind = $1 AND state = 'SETTLED'", kind) == 1
    assert await count("subscription", "status <> 'CANCELED'") == 0
    assert await count("person_deletion", "finished_at IS NOT NULL") == 1


async def test_what_was_written_while_it_happened_goes_with_its_end(
    services: Services, tmp_path: Path
) -> None:
    """A request that was under way, such as one to the support desk, commits after it."""
    person = await make_person("zoe")
    await delete_person(services, person.actor, PASSWORD, "DELETE")
    sql = """
        INSERT INTO support_request
            (id, account, requester, level, subject, body, created_at, due_at)
        VALUES (gen_random_uuid(), $1, $2, 'EMAIL', 'Late', 'Late', now(), now())
    """
    await db.execute(sql, person.actor.account_id, person.user_id)

    for deletion_id in await list_deletions_due():
        await finish_deletion(services, deletion_id)

    assert await count("support_request") == 0
