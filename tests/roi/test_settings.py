"""An account's own hourly rate and minutes: bounds, who may change them, what stays."""

import math

import pytest
from msgspec import UNSET

from chenu.accounts.actor import AccountRole
from chenu.accounts.errors import RightMissing
from chenu.core.errors import Invalid, Rejected
from chenu.flows.services import Services
from chenu.roi.report import RoiSettings
from chenu.roi.settings import RoiSettingsInput, get_settings, update_settings
from chenu.tiers.catalogue import TierCode
from tests.people import make_member, make_person
from tests.roi.paid import account_of
from tests.rows import count, fingerprint


async def test_without_own_numbers_ours_count(services: Services) -> None:
    zoe = await make_person("zoe")

    assert (await get_settings(account_of(zoe))).rate == 5000


async def test_own_numbers_are_stored_and_taken_back(services: Services) -> None:
    zoe = await make_person("zoe")

    await update_settings(zoe.actor, RoiSettingsInput(4500, 7.5))
    own = await get_settings(account_of(zoe))
    await update_settings(zoe.actor, RoiSettingsInput(None, None))

    assert own == RoiSettings(4500, 450)  # type: ignore[arg-type]
    assert await get_settings(account_of(zoe)) == RoiSettings()
    assert await count("roi_setting") == 1
    assert await count("audit_event", "action = 'roi_settings.update'") == 2


async def test_what_is_not_given_stays(services: Services) -> None:
    zoe = await make_person("zoe")
    await update_settings(zoe.actor, RoiSettingsInput(4500, 10))

    await update_settings(zoe.actor, RoiSettingsInput(hourly_rate_minor=6000))
    await update_settings(zoe.actor, RoiSettingsInput(UNSET, 20))
    await update_settings(zoe.actor, RoiSettingsInput())

    assert await get_settings(account_of(zoe)) == RoiSettings(6000, 1200)  # type: ignore[arg-type]


BAD = {
    "no rate": (RoiSettingsInput(hourly_rate_minor=0), "hourly_rate_minor"),
    "a rate below a euro": (RoiSettingsInput(hourly_rate_minor=99), "hourly_rate_minor"),
    "a rate below zero": (RoiSettingsInput(hourly_rate_minor=-5000), "hourly_rate_minor"),
    "a rate of a fortune": (RoiSettingsInput(hourly_rate_minor=1_000_001), "hourly_rate_minor"),
    "no minutes": (RoiSettingsInput(minutes_per_execution=0), "minutes_per_execution"),
    "minutes below zero": (RoiSettingsInput(minutes_per_execution=-1), "minutes_per_execution"),
    "more than a day": (RoiSettingsInput(minutes_per_execution=1440.5), "minutes_per_execution"),
    "no number": (RoiSettingsInput(minutes_per_execution=math.nan), "minutes_per_execution"),
    "no end": (RoiSettingsInput(minutes_per_execution=math.inf), "minutes_per_execution"),
}


@pytest.mark.parametrize(("data", "field"), BAD.values(), ids=BAD)
async def test_a_number_out_of_bounds_is_refused_at_its_field(
    services: Services, data: RoiSettingsInput, field: str
) -> None:
    zoe = await make_person("zoe")
    before = await fingerprint()

    with pytest.raises(Invalid) as refusal:
        await update_settings(zoe.actor, data)

    assert refusal.value.path == (field,)
    assert await fingerprint() == before


@pytest.mark.parametrize("data", [RoiSettingsInput(100, 0.001), RoiSettingsInput(1_000_000, 1440)])
async def test_the_bounds_themselves_are_allowed(
    services: Services, data: RoiSettingsInput
) -> None:
    zoe = await make_person("zoe")

    await update_settings(zoe.actor, data)

    assert (await get_settings(account_of(zoe))).hourly_rate == data.hourly_rate_minor


async def test_both_errors_are_named_at_once(services: Services) -> None:
    zoe = await make_person("zoe")

    with pytest.raises(Rejected) as refusal:
        await update_settings(zoe.actor, RoiSettingsInput(1, 0))

    assert [error.path for error in refusal.value.each] == [
        ("hourly_rate_minor",),
        ("minutes_per_execution",),
    ]


@pytest.mark.parametrize(
    ("role", "may"), [(AccountRole.BILLING, True), (AccountRole.MEMBER, False)]
)
async def test_who_pays_says_what_an_hour_is_worth(
    services: Services, role: AccountRole, may: bool
) -> None:
    owner = await make_person("owner", TierCode.BUSINESS)
    member = await make_member(owner, "member", role)

    if may:
        await update_settings(member.actor, RoiSettingsInput(4500))
    else:
        with pytest.raises(RightMissing):
            await update_settings(member.actor, RoiSettingsInput(4500))

    assert (await get_settings(account_of(owner))).rate == (4500 if may else 5000)
