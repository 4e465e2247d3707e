"""Rows derive from the one declaration of their table."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from chenu.accounts.tables import Account, AppUser
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.row_reader import make_reader, read_rows
from chenu.core.rows import Columns, insert
from chenu.flows.services import Services


class Language(StrEnum):
    FR = "fr"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    mail: str
    display_name: str
    password_hash: str
    locale: Language
    created_at: datetime
    shouted: str = ""


PEOPLE = Columns(Person, AppUser, mail="email", shouted="upper({0}display_name)")


def test_a_list_of_columns_is_made_of_the_row_s_fields() -> None:
    assert PEOPLE.select("u") == (
        "u.id, u.email AS mail, u.display_name, u.password_hash, u.locale, u.created_at,"
        " upper(u.display_name) AS shouted"
    )


@pytest.mark.parametrize("expressions", [{}, {"mail": "e_mail"}, {"mail": "email", "nobody": "id"}])
def test_a_field_that_is_no_column_fails_at_import(expressions: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="Person of AppUser"):
        Columns(Person, AppUser, **expressions)


async def test_a_row_is_written_and_read_by_one_declaration(services: Services) -> None:
    zoe = Person(new_id(), "zoe@example.org", "Zoé", "x", Language.EN, business_now())

    written = await PEOPLE.insert(zoe)
    again = await PEOPLE.insert(zoe, "ON CONFLICT (email) DO NOTHING")

    [found] = await db.fetch_all(Person, f"SELECT {PEOPLE.select()} FROM app_user")  # noqa: S608
    assert (written, again) == (1, 0)
    assert found.locale is Language.EN
    assert (found.id, found.mail, found.shouted) == (zoe.id, zoe.mail, "ZOÉ")


async def test_columns_that_are_not_named_get_the_database_s_default(services: Services) -> None:
    zoe = Person(new_id(), "zoe@example.org", "Zoé", "x", Language.FR, business_now())
    await PEOPLE.insert(zoe)

    account = {"id": new_id(), "name": "Zoé", "owner": zoe.id, "created_at": business_now()}
    await insert(Account, account)

    assert await db.fetch_value("SELECT tier FROM account") == "FREE"
    with pytest.raises(asyncpg.NotNullViolationError):  # moments have none
        await insert(Account, {"id": new_id(), "name": "Zoé", "owner": zoe.id})
    with pytest.raises(asyncpg.UndefinedColumnError):
        await insert(Account, {"id": new_id(), "nobody": 1})


class Word(msgspec.Struct):
    language: Language | None
    words: list[Language]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("fr", ["en"]), Word(Language.FR, ["en"])),  # type: ignore[list-item]
        ((None, []), Word(None, [])),
    ],
)
def test_only_a_plain_enum_or_none_is_converted(values: tuple[Any, ...], expected: Word) -> None:
    assert make_reader(Word)(values) == expected


def test_a_value_outside_the_enum_is_an_error() -> None:
    with pytest.raises(KeyError, match="xx"):
        read_rows(Word, [{"words": [], "language": "xx"}])
