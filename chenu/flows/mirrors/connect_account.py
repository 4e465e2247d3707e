"""A person's Connect account: one that is open, told what changes, and our mirror kept true."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import msgspec
import structlog

from chenu.accounts.actor import UserId
from chenu.accounts.users import get_user
from chenu.affiliates.payouts import list_pending_of_member
from chenu.agents.creators import record_payouts_ready
from chenu.agents.model import CreatorId
from chenu.agents.payments import list_untransferred
from chenu.agents.queries import find_creator_of, list_sold_by
from chenu.billing import connect_accounts
from chenu.billing.connect_accounts import ConnectAccount
from chenu.billing.gateway import ConnectAccountRequest, ConnectState, ConnectUpdate, StripeRefusal
from chenu.billing.ports import ConnectPort
from chenu.core import db, queue
from chenu.core.errors import InvalidState
from chenu.core.fetched import Fetched, fetch
from chenu.flows.mirrors.shared_banks import compare_banks
from chenu.flows.operation_handlers import (
    ChangeHandler,
    OperationHandler,
    get_subject,
    read_params,
)
from chenu.ledger.open_operations import reschedule
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_last,
)

log = structlog.get_logger(__name__)

_AT_ONCE = 4

CONNECT_KINDS = (OperationKind.CONNECT_ACCOUNT, OperationKind.CONNECT_UPDATE)


def account_key(user_id: UserId) -> str:
    return f"acct:{user_id}"


async def account_operation(user_id: UserId, display_name: str, country: str) -> NewOperation:
    """The operation that opens the account."""
    user = await get_user(user_id)
    params = ConnectAccountRequest(user.email, display_name, country, str(user_id))
    return NewOperation(
        OperationKind.CONNECT_ACCOUNT, account_key(user_id), params, subject_id=user_id
    )


async def create_account_operation(
    user_id: UserId, display_name: str, country: str
) -> OperationRow:
    """The one that opens the account; if Stripe refused it, the one that tries again."""
    new = await account_operation(user_id, display_name, country)
    last = await find_last((OperationKind.CONNECT_ACCOUNT,), user_id, account_key(user_id))
    if last is not None and last.state != OperationState.FAILED:
        return last
    return await create_operation_after(new, last)


class _Sent(msgspec.Struct, frozen=True):
    """What both kinds of operation send."""

    email: str
    name: str


async def get_payee_name(user_id: UserId) -> str:
    """The creator's name; an affiliate who sells nothing has only their own."""
    creator = await find_creator_of(user_id)
    return creator.display_name if creator else (await get_user(user_id)).display_name


async def next_connect_operation(
    user_id: UserId, last: OperationRow | None, *, may_open: bool
) -> NewOperation | None:
    """What to send after `last`: a closed account may be followed by a new one."""
    account = await connect_accounts.find_of_user(user_id)
    if account is None:
        return None
    name = await get_payee_name(user_id)
    if account.stripe_account_id is None or account.is_closed:
        request = await account_operation(user_id, name, account.country)
        return request if may_open else None
    user = await get_user(user_id)
    if last is not None and read_params(last, _Sent) == _Sent(user.email, name):
        return None
    params = ConnectUpdate(account.stripe_account_id, user.email, name)
    return NewOperation(
        OperationKind.CONNECT_UPDATE, account_key(user_id), params, subject_id=user_id
    )


@dataclass(frozen=True)
class ConnectAccountHandler(OperationHandler[ConnectAccountRequest, str]):
    connect: ConnectPort

    kind = OperationKind.CONNECT_ACCOUNT
    params_type = ConnectAccountRequest

    async def call(self, operation: OperationRow, params: ConnectAccountRequest) -> str:
        return await self.connect.create_connect_account(params, operation)

    async def find_existing(
        self, operation: OperationRow, params: ConnectAccountRequest
    ) -> str | None:
        return await self.connect.find_connect_account(operation)

    async def apply(
        self, operation: OperationRow, params: ConnectAccountRequest, answer: str
    ) -> str:
        await connect_accounts.record_stripe_id(UserId(get_subject(operation)), answer)
        return answer

    async def renew(
        self, operation: OperationRow, params: ConnectAccountRequest
    ) -> ConnectAccountRequest:
        user_id, name, account = await _get_owner(operation)
        user = await get_user(user_id)
        return ConnectAccountRequest(user.email, name, account.country, params.user_id)


async def _get_owner(operation: OperationRow) -> tuple[UserId, str, ConnectAccount]:
    """Raises InvalidState for somebody who is not to be paid any more."""
    user_id = UserId(get_subject(operation))
    account = await connect_accounts.find_of_user(user_id)
    if account is None:
        raise InvalidState("There is no such payout account any more")
    return user_id, await get_payee_name(user_id), account


@dataclass(frozen=True)
class ConnectUpdateHandler(ChangeHandler[ConnectUpdate]):
    connect: ConnectPort

    kind = OperationKind.CONNECT_UPDATE
    params_type = ConnectUpdate

    async def call(self, operation: OperationRow, params: ConnectUpdate) -> None:
        """Refused because the account is gone: its state is asked, as after an event."""
        try:
            await self.connect.update_connect_account(params, operation)
        except StripeRefusal as refusal:
            if refusal.is_gone:
                await refresh_connect_state(self.connect, params.account_id)
            raise

    async def renew(self, operation: OperationRow, params: ConnectUpdate) -> ConnectUpdate:
        user_id, name, account = await _get_owner(operation)
        if account.stripe_account_id is None or account.is_closed:
            raise InvalidState("This account is closed; its owner's next click opens another one")
        return ConnectUpdate(account.stripe_account_id, (await get_user(user_id)).email, name)


async def refresh_connect_state(connect: ConnectPort, stripe_account_id: str) -> None:
    """Fetch what Stripe says now and follow it; an account that is not ours is ignored."""
    fetched = await fetch(lambda: _get_state(connect, stripe_account_id))
    await _adopt(fetched)


async def _get_state(connect: ConnectPort, stripe_account_id: str) -> ConnectState:
    """One that Stripe does not have, or does not let us reach any more, is as good as closed."""
    try:
        return await connect.get_connect_state(stripe_account_id)
    except StripeRefusal as refusal:
        if not refusal.is_gone:
            raise
    return ConnectState(stripe_account_id, "restricted", (), is_closed=True)


async def refresh_waiting_accounts(connect: ConnectPort) -> None:
    """Each that cannot be paid yet. What Stripe refuses stops no other; raises OutcomeUnknown."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def refresh(account_id: str) -> None:
        async with room:
            try:
                await refresh_connect_state(connect, account_id)
            except StripeRefusal as refusal:
                log.error("account_refused", account=account_id, code=refusal.code)

    await asyncio.gather(*map(refresh, await connect_accounts.list_waiting()))


@db.transactional
async def _adopt(fetched: Fetched[ConnectState]) -> None:
    """What follows from the state is written while its row is locked, by nobody's older answer."""
    owner = await connect_accounts.store_state(fetched)
    if owner is None:
        return
    is_ready, banks = fetched.value.can_be_paid, fetched.value.banks
    if banks is not None and await connect_accounts.store_banks(owner, banks):
        await compare_banks(owner)
    if is_ready:
        await _reschedule(OperationKind.AFFILIATE_TRANSFER, await list_pending_of_member(owner))
    creator = await record_payouts_ready(owner, is_ready)
    if creator is None:
        return
    if is_ready:
        await _reschedule(OperationKind.TRANSFER, await list_untransferred(creator.id))
    else:
        await _close_checkouts(creator.id)


async def _reschedule(kind: OperationKind, waiting: Collection[UUID]) -> None:
    """What was owed while the account could not be paid is tried again now."""
    if waiting:
        await reschedule(kind, waiting)
        await queue.enqueue(queue.Job.REPAIR, "")


async def _close_checkouts(creator_id: CreatorId) -> None:
    """Nobody pays for what its seller cannot be paid for."""
    for agent_id in await list_sold_by(creator_id):
        await queue.enqueue(queue.Job.CLOSE_CHECKOUTS, str(agent_id))
