"""The same spend as a plain transaction with a row lock through the ORM, statement by statement."""

from typing import Any

from chenu.accounts.actor import AccountId
from chenu.accounts.tables import IdempotencyRecord
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.ledger.tables import LedgerAccount, LedgerEntry, LedgerTransaction
from chenu.tokens.tables import TokenEntry, TokenGrant

_HASH = bytes(32)


async def spend_through_orm(account_id: AccountId, key: str) -> None:
    """One token; an account that has it, and a key that is new."""
    async with db.transaction():
        wallet = await _lock_wallet(account_id)
        if await IdempotencyRecord.exists().where(
            IdempotencyRecord.account == account_id, IdempotencyRecord.key == key
        ):
            return
        grant = await _find_grant(account_id)
        booked = await _book(account_id, wallet)
        entry_id = new_id()
        await TokenGrant.update(
            {TokenGrant.remaining: grant["remaining"] - 1, TokenGrant.spent: grant["spent"] + 1}
        ).where(TokenGrant.id == grant["id"])
        entry = TokenEntry(
            id=entry_id,
            account_id=account_id,
            token_grant=grant["id"],
            kind="SPEND",
            pool="WALLET",
            amount=-1,
            balance_after=wallet["balance"] - 1,
            reason="A use",
            ledger_transaction_id=booked,
            created_at=business_now(),
        )
        await TokenEntry.insert(entry)
        await _remember(account_id, key, entry_id)


async def _lock_wallet(account_id: AccountId) -> dict[str, Any]:
    query = LedgerAccount.select(LedgerAccount.id, LedgerAccount.balance).where(
        LedgerAccount.kind == "TOKEN_WALLET",
        LedgerAccount.owner_id == account_id,
        LedgerAccount.asset == "TOKEN",
    )
    [wallet] = await query.lock_rows("NO KEY UPDATE")
    return dict(wallet)


async def _find_grant(account_id: AccountId) -> dict[str, Any]:
    query = TokenGrant.select(TokenGrant.id, TokenGrant.remaining, TokenGrant.spent).where(
        TokenGrant.account == account_id,
        TokenGrant.is_open.eq(True),
        TokenGrant.remaining > 0,
        TokenGrant.agent.is_null(),
    )
    [grant] = await query.order_by(TokenGrant.expires_at, TokenGrant.is_paid).limit(1)
    return dict(grant)


async def _book(account_id: AccountId, wallet: dict[str, Any]) -> int:
    [common] = await LedgerAccount.select(LedgerAccount.id).where(
        LedgerAccount.kind == "TOKENS_SPENT", LedgerAccount.asset == "TOKEN"
    )
    transaction = LedgerTransaction(
        business_key=f"token:spend:{new_id()}",
        kind="TOKEN_SPEND",
        account_id=account_id,
        business_at=business_now(),
        posted_at=system_now(),
    )
    [booked] = await LedgerTransaction.insert(transaction).returning(LedgerTransaction.id)
    sides = ((wallet["id"], -1), (common["id"], 1))
    await LedgerEntry.insert(
        *(
            LedgerEntry(
                transaction_id=booked["id"],
                ledger_account_id=side,
                account_id=account_id,
                amount=amount,
            )
            for side, amount in sides
        )
    )
    await LedgerAccount.update({LedgerAccount.balance: wallet["balance"] - 1}).where(
        LedgerAccount.id == wallet["id"]
    )
    return int(booked["id"])


async def _remember(account_id: AccountId, key: str, entry_id: Any) -> None:
    record = IdempotencyRecord(
        id=new_id(),
        account=account_id,
        key=key,
        request="tokenSpend",
        input_hash=_HASH,
        result_id=entry_id,
        created_at=system_now(),
    )
    await IdempotencyRecord.insert(record)
