"""Calls about accounts that are paid: Connect through Accounts v2, recipient configuration."""

from typing import Any

import msgspec
from msgspec.structs import replace

from chenu.billing import gateway, stripe_objects
from chenu.billing.gateway import OperationIdentity
from chenu.billing.stripe_gateway import PAGE, StripeCaller, metadata_of
from chenu.core.money import CURRENCY


class _Bank(msgspec.Struct):
    fingerprint: str | None = None


class _Banks(msgspec.Struct):
    data: list[_Bank] = []


class _PaidAccount(msgspec.Struct):
    external_accounts: _Banks | None = None


def _read_banks(payload: dict[str, Any]) -> tuple[str, ...]:
    """Fingerprints of the bank accounts and cards that an account pays out to, in order."""
    banks = msgspec.convert(payload, _PaidAccount).external_accounts
    return (
        tuple(sorted(bank.fingerprint for bank in banks.data if bank.fingerprint)) if banks else ()
    )


class StripeConnect(StripeCaller):
    """Implements ports.ConnectPort."""

    async def create_connect_account(
        self, request: gateway.ConnectAccountRequest, by: OperationIdentity
    ) -> str:
        created = await self.ask(
            lambda: self.client.v2.core.accounts.create_async(
                {
                    "contact_email": request.email,
                    "display_name": request.name,
                    "dashboard": "express",
                    "identity": {"country": request.country, "entity_type": "individual"},
                    "configuration": {
                        "recipient": {
                            "capabilities": {
                                "stripe_balance": {"stripe_transfers": {"requested": True}}
                            }
                        }
                    },
                    "defaults": {
                        "currency": CURRENCY.lower(),
                        "responsibilities": {
                            "fees_collector": "application",
                            "losses_collector": "application",
                        },
                    },
                    "metadata": metadata_of(by, user_id=request.user_id),
                    "include": ["configuration.recipient", "requirements"],
                },
                {"idempotency_key": by.idempotency_key},
            )
        )
        return created.id

    async def find_connect_account(self, by: OperationIdentity) -> str | None:
        """Stripe lists open and closed accounts separately, and cannot filter by metadata."""
        accounts = self.client.v2.core.accounts
        found = await self.find_made(
            by,
            lambda: accounts.list_async(
                {"applied_configurations": ["recipient"], "closed": False, "limit": PAGE}
            ),
        ) or await self.find_made(
            by,
            lambda: accounts.list_async(
                {"applied_configurations": ["recipient"], "closed": True, "limit": PAGE}
            ),
        )
        return None if found is None else found.id

    async def update_connect_account(
        self, change: gateway.ConnectUpdate, by: OperationIdentity
    ) -> None:
        await self.ask(
            lambda: self.client.v2.core.accounts.update_async(
                change.account_id,
                {"contact_email": change.email, "display_name": change.name},
                {"idempotency_key": by.idempotency_key},
            )
        )

    async def get_connect_state(self, account_id: str) -> gateway.ConnectState:
        # Fields that are not included explicitly come back as null.
        account = await self.ask(
            lambda: self.client.v2.core.accounts.retrieve_async(
                account_id, {"include": ["configuration.recipient", "requirements"]}
            )
        )
        state = stripe_objects.read_account(account.to_dict())
        if not state.can_be_paid:
            return state
        return replace(state, banks=await self._list_banks(account_id))

    async def _list_banks(self, account_id: str) -> tuple[str, ...]:
        """Fingerprints of where the account pays out to: of what API v1 alone tells."""
        account = await self.ask(lambda: self.client.v1.accounts.retrieve_async(account_id))
        return _read_banks(account.to_dict())

    async def make_onboarding_link(self, account_id: str, return_url: str, refresh_url: str) -> str:
        """Single use and valid for minutes: created per click, never stored."""
        link = await self.ask(
            lambda: self.client.v2.core.account_links.create_async(
                {
                    "account": account_id,
                    "use_case": {
                        "type": "account_onboarding",
                        "account_onboarding": {
                            "refresh_url": refresh_url,
                            "return_url": return_url,
                            "collection_options": {"fields": "eventually_due"},
                        },
                    },
                }
            )
        )
        return link.url

    async def make_login_link(self, account_id: str) -> str:
        """Single use, to the Express dashboard: created per click, never stored."""
        link = await self.ask(lambda: self.client.v1.accounts.login_links.create_async(account_id))
        return link.url
