"""Callers of every kind: people in each role, keys with each scope, and anonymous ones."""

from dataclasses import dataclass, field

import httpx

from chenu.accounts.actor import ApiScope, Staff
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.service_keys import create_service_key
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_session, gid
from tests.people import Person, make_creator, make_person, sign_in_again


@dataclass(frozen=True)
class Caller:
    """A caller. `scopes` None is a person; `owns` names whose things are theirs."""

    name: str
    api: Api
    person: Person | None = None
    staff: frozenset[Staff] = frozenset()
    scopes: frozenset[ApiScope] | None = None
    owns: str = ""
    is_service: bool = False

    @property
    def is_person(self) -> bool:
        return self.person is not None

    @property
    def is_nobody(self) -> bool:
        return self.person is None and self.scopes is None

    def may(self, *scopes: ApiScope) -> bool:
        """People have all rights; keys need one of the scopes; an anonymous caller has none."""
        return self.is_person or bool(self.scopes and self.scopes & set(scopes))

    def has_staff(self, *roles: Staff) -> bool:
        return bool(self.staff & {*roles, Staff.ADMIN})


@dataclass
class Cast:
    buyer: Person
    creator: Person
    callers: list[Caller] = field(default_factory=list)

    def named(self, name: str) -> Caller:
        return next(caller for caller in self.callers if caller.name == name)

    @property
    def people(self) -> list[Caller]:
        return [caller for caller in self.callers if caller.is_person]


async def gather_cast(services: Services, http: httpx.AsyncClient) -> Cast:
    """The buyer and the creator own things; another person in each role owns none of them."""
    buyer = await make_person("buyer", tier=TierCode.PRO)
    creator, _ = await make_creator(services)
    rival, _ = await make_creator(services, "rivale")
    cast = Cast(buyer, await _with_keys(creator))
    plain = {
        "buyer": (cast.buyer, "buyer"),
        "other buyer": (await make_person("otherbuyer"), ""),
        "creator": (cast.creator, "creator"),
        "other creator": (rival, ""),
        "affiliate": (await make_person("affiliate", tier=TierCode.FREE), "affiliate"),
    }
    cast.callers.append(Caller("anonymous", Api(http)))
    for name, (person, owns) in plain.items():
        cast.callers.append(Caller(name, as_session(http, services, person), person, owns=owns))
    for role in Staff:
        person = await make_person(f"staff{role.lower()}", staff=(role,))
        api = as_session(http, services, person)
        cast.callers.append(Caller(role.lower(), api, person, frozenset({role})))
    cast.callers += await _make_keys(services, http, "buyer", cast.buyer)
    cast.callers += await _make_keys(services, http, "creator", cast.creator)
    cast.callers.append(await _make_service_key(services, http, cast.buyer))
    return cast


async def _with_keys(person: Person) -> Person:
    """On a plan with API keys."""
    await db.execute("UPDATE account SET tier = 'PRO' WHERE owner = $1", person.user_id)
    return await sign_in_again(person.user_id, person.email)


async def _make_keys(
    services: Services, http: httpx.AsyncClient, owner: str, person: Person
) -> list[Caller]:
    """One for each scope, used once so that its last use is stored already."""
    callers = []
    for scope in ApiScope:
        pepper = services.settings.secret
        made = await create_api_key(person.actor, scope.lower(), [scope], None, pepper)
        api = Api(http, {"authorization": f"Bearer {made.secret}"})
        await api.send("{ __typename }")
        name = f"{owner}'s key {scope}"
        callers.append(Caller(name, api, scopes=frozenset({scope}), owns=owner))
    return callers


async def _make_service_key(services: Services, http: httpx.AsyncClient, buyer: Person) -> Caller:
    """Acts for the buyer's account."""
    secret = await create_service_key("apps", services.settings.secret)
    account = gid("Account", buyer.actor.account_id)
    api = Api(http, {"authorization": f"Bearer {secret}", "chenu-account": account})
    scopes = frozenset({ApiScope.READ, ApiScope.EXECUTIONS})
    return Caller("service key", api, scopes=scopes, owns="buyer", is_service=True)
