"""Deletion of a person: their data goes at once, then Stripe is told until it knows.

docs/decisions/0028. What is written here is one transaction; payment pages are closed before it,
and subscriptions and customers end at Stripe after it, by operations that repair goes on with.
"""

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.confirmation import (
    RECENT,
    check_own_password,
    require_fresh,
    require_session_still,
)
from chenu.accounts.customers import get_billed_person, list_owned_accounts
from chenu.accounts.members import lock_account
from chenu.accounts.password_store import Credentials, get_password_hash, hold_password
from chenu.accounts.second_factor import CodeGiven, require_code
from chenu.accounts.users import User, get_user
from chenu.agents.model import AgentId
from chenu.agents.privacy import MadeAgent, list_agents_made
from chenu.agents.purchases import list_pending_of_account
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscription_orders import find_pending_order
from chenu.billing.subscriptions import SubscriptionRow, list_live_subscriptions
from chenu.core import db, queue
from chenu.core.backoff import name_failure
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import (
    Forbidden,
    Invalid,
    ProviderUnavailable,
    Unauthenticated,
    reject_if_any,
)
from chenu.core.i18n import LOCALES, mark, translate
from chenu.core.mail import queue_mail
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import PersonDeletedParams
from chenu.core.personal_data import Whose
from chenu.flows.mirrors.agent_price import archive_product
from chenu.flows.operations.runner import run_operation
from chenu.flows.packs.pages import PACK_PAGES
from chenu.flows.privacy.customer import create_customer_deletion
from chenu.flows.privacy.obstacles import find_obstacles
from chenu.flows.privacy.rules import erase_all, find_whose
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.services import Services
from chenu.flows.sso.confirming import may_use_password
from chenu.flows.subscription_ends import create_end_operation
from chenu.flows.subscriptions.mirror import follow_subscription, lock_subscriptions
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES
from chenu.ledger.operations import OperationState
from chenu.privacy.deletions import (
    DeletionId,
    PersonDeletion,
    find_unfinished,
    mark_finished,
    record_deletion,
    record_deletion_failure,
)
from chenu.tokens.pack_orders import find_pending_pack_order

CONFIRMATION_WORD = mark("DELETE")


async def delete_person(
    services: Services, actor: Actor, password: str, typed: str, code: str | None = None
) -> None:
    """At once and for good. Always asks for the password, for the code of who has a second factor,
    and for a word to be typed; who has no password that counts has just signed in instead.

    Raises Invalid, WrongCredentials, CodeNeeded, WrongCode, RateLimited, SignInAgain; Rejected or
    InvalidState with what stands in the way; ProviderUnavailable when a payment page cannot be
    closed: nothing is deleted then.
    """
    user_id = actor.require_user()
    if actor.session_id is None:
        raise Forbidden("This is for people who are signed in")
    if typed.strip().upper() not in {translate(each, CONFIRMATION_WORD) for each in LOCALES}:
        message = mark("Please type {word} to confirm")
        raise Invalid(message, path=("confirmation",), word=CONFIRMATION_WORD)
    known = await _prove(actor, password)
    await require_code(user_id, CodeGiven(code, services.settings.secret))
    await _close_pages(services, actor)
    reject_if_any([obstacle.error for obstacle in await find_obstacles(actor)])
    crash_point("deletion.before_commit")

    async def write() -> None:
        await _lock(actor, known)
        reject_if_any([obstacle.error for obstacle in await find_obstacles(actor)])
        await _delete(actor)

    await db.run_in_transaction(write)
    crash_point("deletion.after_commit")


async def _prove(actor: Actor, password: str) -> Credentials:
    user_id = actor.require_user()
    if await may_use_password(user_id):
        return Credentials(user_id, await check_own_password(user_id, password))
    await require_fresh(actor, RECENT)
    return Credentials(user_id, await get_password_hash(user_id))


async def _close_pages(services: Services, actor: Actor) -> None:
    """So that nobody pays any more for what nobody could use."""
    for account_id in await list_owned_accounts(actor.require_user()):
        for purchase in await list_pending_of_account(account_id):
            await PURCHASE_PAGES.close(services, purchase)
        pack = await find_pending_pack_order(account_id)
        if pack is not None:
            await PACK_PAGES.close(services, pack)
        for kind in SubscriptionKind:
            order = await find_pending_order(account_id, kind)
            if order is not None:
                await SUBSCRIPTION_PAGES.close(services, order)


async def _lock(actor: Actor, known: Credentials) -> None:
    """Against a new password, plan or member meanwhile."""
    for account_id in await list_owned_accounts(known.user_id):
        await lock_account(account_id)
        for kind in SubscriptionKind:
            await lock_subscriptions(account_id, kind)
    await require_session_still(actor)
    if not await hold_password(known):
        raise Unauthenticated("Please sign in first")


async def _delete(actor: Actor) -> None:
    user = await get_user(actor.require_user())
    whose = await find_whose(user.id)
    made = await list_agents_made(user.id, _accounts_of(whose))
    for account_id in _accounts_of(whose):
        for plan in await _list_live(account_id):
            await create_end_operation(plan)
    await audit.record(actor, "user.delete", user.id)
    await erase_all(whose)
    deletion_id = await record_deletion(user.id)
    for agent in made:
        await queue.enqueue(queue.Job.CLOSE_CHECKOUTS, str(agent.id))
        await _archive_at_stripe(agent, whose)
    await _say_goodbye(user, deletion_id)


async def _archive_at_stripe(agent: MadeAgent, whose: Whose) -> None:
    """What buyers keep has its name still; of the others nothing may be left to read."""
    if agent.is_held:
        await queue.enqueue(queue.Job.SYNC_AGENT, str(agent.id))
    else:
        await archive_product(AgentId(agent.id), whose.pseudonym)


def _accounts_of(whose: Whose) -> tuple[AccountId, ...]:
    return tuple(AccountId(account_id) for account_id in whose.accounts)


async def _list_live(account_id: AccountId) -> list[SubscriptionRow]:
    found = [await list_live_subscriptions(account_id, kind) for kind in SubscriptionKind]
    return [plan for plans in found for plan in plans]


async def _say_goodbye(user: User, deletion_id: DeletionId) -> None:
    """The last mail to the address; its row goes once it is sent."""
    params = PersonDeletedParams(name=user.mail_name, at=business_now().isoformat())
    key = f"deleted:{deletion_id}"
    await queue_mail(MailKind.PERSON_DELETED, user.email, user.locale, key, params)


async def finish_deletion(services: Services, deletion_id: DeletionId) -> None:
    """By a job, as often as it takes. Again changes nothing."""
    deletion = await find_unfinished(deletion_id)
    if deletion is None:
        return
    try:
        for account_id in await list_owned_accounts(deletion.user_id):
            await _end_at_stripe(services, account_id)
        crash_point("deletion.before_finish")
        await db.run_in_transaction(lambda: _finish(deletion))
    except Exception as error:
        await record_deletion_failure(deletion.id, name_failure(error))
        raise


async def _end_at_stripe(services: Services, account_id: AccountId) -> None:
    """Subscriptions first, each with its own answer; then the customer."""
    for plan in await _list_live(account_id):
        ended = await run_operation(services, (await create_end_operation(plan)).id)
        if ended.state == OperationState.FAILED:  # it ended at Stripe before, or is gone
            await follow_subscription(services.subscriptions, plan.stripe_subscription_id)
    if await _list_live(account_id):
        raise ProviderUnavailable("A subscription of a deleted person has not ended yet")
    crash_point("deletion.subscriptions_ended")
    customer_id = (await get_billed_person(account_id)).customer_id
    if customer_id is not None:
        operation = await create_customer_deletion(account_id, customer_id)
        done = await run_operation(services, operation.id)
        if done.state != OperationState.SETTLED:
            raise ProviderUnavailable("The customer of a deleted person is not deleted yet")


async def _finish(deletion: PersonDeletion) -> None:
    """Requests that were under way during the deletion may have written something after it."""
    whose = await find_whose(deletion.user_id)
    await erase_all(whose)
    await mark_finished(deletion.id)
