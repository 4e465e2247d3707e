"""Accounts with a brand that is awake, on a host that they have proved."""

from dataclasses import dataclass
from typing import Any

import httpx

from chenu.accounts.actor import AccountId
from chenu.branding.model import BrandInput
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.core.site import FooterLink
from chenu.domains.tables import DomainName
from chenu.flows.branding.edit import set_brand
from chenu.tiers.catalogue import TierCode
from tests.people import Person, make_person

ACME = "agents.acme.fr"
PORT = 8000
"""Of the tests' public URL."""


@dataclass(frozen=True)
class Branded:
    owner: Person
    account_id: AccountId
    host: str

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{PORT}"


async def make_branded(name: str = "Acme", host: str = ACME, **more: Any) -> Branded:
    """`more` are other fields of BrandInput."""
    owner = await make_person(name.split()[0].lower(), tier=TierCode.ENTERPRISE)
    account_id = owner.actor.account_id
    assert account_id is not None
    given = {
        "accent_light": "#8a1c4a",
        "accent_dark": "#ff9ec4",
        "links": [FooterLink(f"{name} intranet", f"https://intra.{name.split()[0].lower()}.fr/")],
    }
    await set_brand(owner.actor, BrandInput(name=name, **{**given, **more}))
    await prove_host(account_id, host)
    return Branded(owner, account_id, host)


async def prove_host(account_id: AccountId, host: str, *, is_proved: bool = True) -> None:
    """As if the record were there."""
    now = business_now()
    values = {
        "id": new_id(),
        "account": account_id,
        "kind": "HOST",
        "name": host,
        "token": "0" * 32,
        "source": "DNS" if is_proved else "",
        "created_at": now,
        "proved_at": now if is_proved else None,
    }
    await insert(DomainName, values)


def client_on(application: Any, host: str) -> httpx.AsyncClient:
    """Over the application in this process, as a browser that asks this host."""
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}:{PORT}")


async def put_to_sleep(branded: Branded) -> None:
    """The contract is over."""
    await db.execute("UPDATE account SET tier = 'FREE' WHERE id = $1", branded.account_id)
