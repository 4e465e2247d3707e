"""Names that read like CHE·NU's, in any alphabet, and the family name Chenu. No engine."""

import pytest

from chenu.accounts.reserved_names import is_reserved_handle, reads_like_brand
from chenu.agents.listing import make_slug
from tests.accounts.brand_names import BRAND_NAMES, FREE_NAMES

HANDLES = [
    "chenu", "che-nu", "c-h-e-n-u", "chenu-team", "team-chenu", "support", "supp0rt", "security",
    "equipe-chenu", "official", "the-help", "admin1", "chenu2026", "chenu-fr", "support-team",
]  # fmt: skip
FREE_HANDLES = [
    "atelier-nord", "marie-chenu", "jchenu", "open-lab", "supporter", "teamwork", "de-la-tour",
    "no-1", "helping-hand", "chenuit",
]  # fmt: skip


@pytest.mark.parametrize("name", BRAND_NAMES)
def test_what_reads_like_the_brand_is_found(name: str) -> None:
    assert reads_like_brand(name)


@pytest.mark.parametrize("name", FREE_NAMES)
def test_other_names_are_free(name: str) -> None:
    assert not reads_like_brand(name)


@pytest.mark.parametrize("handle", HANDLES)
def test_handles_of_the_brand_and_of_roles_are_reserved(handle: str) -> None:
    assert is_reserved_handle(handle)


@pytest.mark.parametrize("handle", FREE_HANDLES)
def test_other_handles_are_free(handle: str) -> None:
    assert not is_reserved_handle(handle)


@pytest.mark.parametrize("name", ["Chenu 李", "Support 李", "CHE·NU · 李"])
def test_no_address_of_an_agent_reads_like_the_brand(name: str) -> None:
    assert make_slug(name).startswith("agent-")


def test_a_long_name_is_read_in_a_moment() -> None:
    assert not reads_like_brand("chenu" * 20_000)
    assert not reads_like_brand("teams" * 8 + "chenu" + "supportx" * 8)
