"""Grants of tokens, the entries that say what became of them, and holds for what runs.

Written only by migrations/sql/tokens.sql, in the order in which docs/decisions/0033 says.
"""

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, Date, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account
from chenu.core.columns import belongs_to, business_time, primary_id


class TokenGrant(Table, tablename="token_grant"):
    """Tokens that an account got. `remaining` of what was granted can be spent.

    `held` is reserved for runs, `debt` was revoked after it had been spent. `agent`: only this
    agent's runs may use it. `is_paid`: bought, so that free tokens go first. `source_id` is what it
    came from, such as a purchase. `is_open`: something of it is left, held or owed.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    kind = Text()
    agent = UUID(default=None, null=True)
    is_paid = Boolean(default=False)
    granted = BigInt()
    remaining = BigInt(default=0)
    held = BigInt(default=0)
    debt = BigInt(default=0)
    spent = BigInt(default=0)
    is_open = Boolean(default=True)
    expires_at = Timestamptz(default=None, null=True)
    source_id = UUID(default=None, null=True, index=True)
    business_key = Text(unique=True)
    reason = Text()
    created_at = business_time()


class TokenEntry(Table, tablename="token_entry"):
    """One change of one grant, never changed: `amount` is what it does to the balance.

    Split by months of ids, by the month of its ledger transaction.

    `pool` is the balance: WALLET, PROMOTION (for one agent only), DEBT, or UNLIMITED, whose use is
    recorded and paid by no grant. `balance_after` is the wallet's with its debts, or for PROMOTION
    what is left of the grant.
    """

    id = primary_id()
    account_id = UUID(default=None)
    token_grant = belongs_to(TokenGrant, null=True, index=True)
    kind = Text()
    pool = Text()
    amount = BigInt()
    balance_after = BigInt()
    reason = Text()
    execution_id = UUID(default=None, null=True)
    agent_id = UUID(default=None, null=True)
    api_key_id = UUID(default=None, null=True)
    ledger_transaction_id = BigInt()
    created_at = business_time()


class TokenOpening(Table, tablename="token_opening"):
    """What the spends add up to that are in the file of a month alone: of one account, grant and
    pool. `month` is its first day.
    """

    id = BigSerial(primary_key=True)
    month = Date(default=None)
    account_id = UUID(default=None)
    token_grant = belongs_to(TokenGrant, null=True, index=True)
    pool = Text()
    amount = BigInt()


class TokenHold(Table, tablename="token_hold"):
    """What is reserved for one run, whose id it has; its HOLD entries name the grants.

    `most` is what the run may use, `held` what could be reserved of that.
    """

    id = primary_id()
    account = belongs_to(Account)
    agent_id = UUID(default=None, null=True)
    api_key_id = UUID(default=None, null=True)
    only_grant = belongs_to(TokenGrant, null=True)
    most = BigInt()
    held = BigInt()
    is_unlimited = Boolean(default=False)
    status = Text(default="OPEN")
    used = BigInt(default=None, null=True)
    capped = Boolean(default=False)
    reason = Text()
    expires_at = business_time()
    created_at = business_time()
    finished_at = Timestamptz(default=None, null=True)
