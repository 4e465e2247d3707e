"""The brand of an account: who sets it, what is refused, when it sleeps, what is left of it."""

import pytest

from chenu.accounts.actor import AccountRole
from chenu.branding.brands import find_brand, remove_brand
from chenu.branding.model import MOST_LINKS, BrandInput, check_brand, is_https
from chenu.branding.sites import FoundHost, find_site_of, look_up_host
from chenu.core.errors import Forbidden, Invalid, InvalidState, NotFound
from chenu.core.site import FooterLink
from chenu.flows.branding.edit import remove_brand_pictures, set_brand, set_picture
from chenu.flows.services import Services
from chenu.media.pictures import PictureHash, PictureRefused, PictureSize, PictureUse
from chenu.tiers.entitlements import PlanRequired
from tests.branding.branded import ACME, make_branded, put_to_sleep
from tests.media.drawn import png
from tests.people import make_member, make_person
from tests.rows import count, fingerprint

URL = "https://chenu.example"


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.fr/",
        "javascript:alert(1)",
        "https://acme.fr:444/",
        "https://user@acme.fr/",
        "https://acme",
        "https://acme.fr/\\x",
        "https://acme.fr/ x",
        'https://acme.fr/"onclick',
        "https://acmé.fr/",
        f"https://acme.fr/{'a' * 600}",
    ],
)
def test_only_plain_https_is_linked_to(url: str) -> None:
    assert not is_https(url)
    [error] = check_brand(BrandInput(links=[FooterLink("Acme", url)]))
    assert error.path == ("links", "0", "url")


@pytest.mark.parametrize("name", ["", "CHE·NU", "Chenu Support", "A<b>", "100 %", "{x}", "a" * 41])
def test_names_that_would_deceive_or_break_a_page_are_refused(name: str) -> None:
    assert check_brand(BrandInput(name=name))[0].path == ("name",)


def test_an_unreadable_colour_is_refused_with_its_ratio_and_one_that_passes() -> None:
    [light, dark] = check_brand(BrandInput(accent_light="#ff8800", accent_dark="#003366"))

    assert (light.path, dark.path) == (("accent_light",), ("accent_dark",))
    assert (light.params["ratio"], light.params["nearest"]) == ("1.98", "#a25600")
    assert check_brand(BrandInput(accent_light="#a25600")) == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    links = [FooterLink("Acme", "https://acme.fr/")] * (MOST_LINKS + 1)
    errors = check_brand(BrandInput(name="", accent_light="red", links=links, locale="de"))

    assert [error.path[0] for error in errors] == ["name", "accent_light", "links", "locale"]


async def test_a_brand_is_set_and_what_is_not_given_stays(services: Services) -> None:
    acme = await make_branded()

    await set_brand(acme.owner.actor, BrandInput(accent_light=None, locale="en"))

    brand = await find_brand(acme.account_id)
    assert brand is not None
    assert (brand.name, brand.accent_light, brand.locale) == ("Acme", None, "en")
    assert brand.links == (FooterLink("Acme intranet", "https://intra.acme.fr/"),)
    assert await count("audit_event", "action = 'brand.update'") == 2


async def test_only_owners_entitled_to_it_have_a_brand(services: Services) -> None:
    acme = await make_branded()
    poor = await make_person("poor")
    colleague = await make_member(acme.owner, "colleague", AccountRole.BILLING)
    before = await fingerprint()

    with pytest.raises(PlanRequired):
        await set_brand(poor.actor, BrandInput(name="Poor"))
    with pytest.raises(Forbidden):
        await set_brand(colleague.actor, BrandInput(name="Mine"))
    with pytest.raises(NotFound):
        await set_brand(acme.owner.actor, BrandInput(agents=[acme.account_id]))

    assert await fingerprint() == before


async def test_a_first_brand_needs_a_name(services: Services) -> None:
    owner = await make_branded()
    await remove_brand(owner.owner.actor)

    with pytest.raises(Invalid, match="name"):
        await set_brand(owner.owner.actor, BrandInput(locale="fr"))


async def test_a_brand_sleeps_with_the_contract_and_wakes_with_the_next(services: Services) -> None:
    acme = await make_branded()
    site = (await look_up_host(URL, ACME)).site
    assert site is not None
    assert (site.name, site.origin) == ("Acme", f"https://{ACME}")

    await put_to_sleep(acme)

    assert await look_up_host(URL, ACME) == FoundHost(None, True)
    assert await find_site_of(URL, acme.account_id) is None
    assert await find_brand(acme.account_id) is not None


async def test_pictures_are_made_anew_and_the_old_one_goes(services: Services) -> None:
    acme = await make_branded()
    for _ in range(2):
        await set_picture(services, acme.owner.actor, PictureUse.LOGO, png(600, 90))
    await set_picture(services, acme.owner.actor, PictureUse.ICON, png(400, 400))

    brand = await find_brand(acme.account_id)
    assert brand is not None
    assert brand.logo is not None
    assert brand.icon is not None
    assert (brand.logo.width, brand.logo.height, brand.icon.width) == (600, 90, 256)
    await remove_brand_pictures(services)
    assert await count("brand_picture") == 2
    stored = await services.media.find(PictureHash(brand.logo.name), PictureSize.SMALL)
    assert stored is not None


async def test_a_refused_picture_changes_nothing(services: Services) -> None:
    acme = await make_branded()
    before = await fingerprint()

    with pytest.raises(PictureRefused):
        await set_picture(services, acme.owner.actor, PictureUse.LOGO, b"<svg onload=alert(1)>")

    assert await fingerprint() == before


async def test_nothing_is_left_of_a_brand_that_is_given_up(services: Services) -> None:
    acme = await make_branded()
    await set_picture(services, acme.owner.actor, PictureUse.LOGO, png(600, 90))
    await put_to_sleep(acme)  # what sleeps can be removed

    await remove_brand(acme.owner.actor)
    await remove_brand_pictures(services)

    assert await count("brand") + await count("brand_picture") == 0
    with pytest.raises(InvalidState):
        await remove_brand(acme.owner.actor)
