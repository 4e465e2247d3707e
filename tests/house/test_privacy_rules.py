"""Every table and column has a rule for export and deletion: a new one fails until it has."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from chenu.core import db
from chenu.core.personal_data import Blank, Delete, NoPersonalData, PersonalData
from chenu.flows.privacy.rules import PERSONAL, RULES
from chenu.flows.services import Services

_TEXTS = {"text", "jsonb", "json", "bytea", "ARRAY", "character varying", "inet"}
_LOOKS_PERSONAL = re.compile(
    r"email|address|name|phone|bio|ip$|^ip_|user_agent|body|subject|reason|message|note|comment"
    r"|password|token|secret|owner|person|member|buyer|requester|author|birth|street|city|vat"
)


@dataclass(frozen=True)
class _Column:
    table: str
    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


async def _columns() -> dict[str, list[_Column]]:
    sql = """
        SELECT table_name::text AS table, column_name::text AS name, data_type::text AS type
        FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1, 2
    """
    found = defaultdict(list)
    for column in await db.fetch_all(_Column, sql):
        found[column.table].append(column)
    return found


async def test_every_table_has_a_rule(services: Services) -> None:
    tables = await _columns()

    assert sorted({rule.table for rule in RULES}) == sorted(tables)
    assert [rule.table for rule in RULES if isinstance(rule, NoPersonalData) and not rule.why] == []


async def test_a_table_has_either_personal_data_or_none(services: Services) -> None:
    kinds = defaultdict(set)
    for rule in RULES:
        kinds[rule.table].add(type(rule))

    assert [table for table, found in kinds.items() if len(found) > 1] == []


async def test_every_column_is_exported_or_hidden_for_a_reason(services: Services) -> None:
    tables = await _columns()

    wrong = {
        rule.file_name: sorted(
            {*rule.exported, *rule.hidden} ^ {each.name for each in tables[rule.table]}
        )
        for rule in PERSONAL
    }
    twice = {
        rule.file_name: Counter([*rule.exported, *rule.hidden]).most_common(1)[0]
        for rule in PERSONAL
    }

    assert {name: columns for name, columns in wrong.items() if columns} == {}
    assert {name: most for name, most in twice.items() if most[1] > 1} == {}
    assert all(reason for rule in PERSONAL for reason in rule.hidden.values())


def _goes(rule: PersonalData) -> bool:
    """Whether a deletion leaves no row of the person's at all."""
    return any(isinstance(step, Delete) and step.only == "true" for step in rule.erasure)


async def test_every_text_of_a_person_is_blanked_deleted_or_retained_for_a_reason(
    services: Services,
) -> None:
    tables = await _columns()
    left = set[str]()
    for rule in PERSONAL:
        blanked = {
            name for step in rule.erasure if isinstance(step, Blank) for name in step.columns
        }
        for column in tables[rule.table]:
            has_rule = column.name in blanked or rule.retained.get(column.name)
            if column.type in _TEXTS and not has_rule and not _goes(rule):
                left.add(str(column))

    assert left == set()


async def test_a_table_without_personal_data_has_no_column_that_looks_like_it(
    services: Services,
) -> None:
    tables = await _columns()

    suspicious = {
        str(column)
        for rule in RULES
        if isinstance(rule, NoPersonalData)
        for column in tables[rule.table]
        if _LOOKS_PERSONAL.search(column.name) and column.name not in rule.codes
    }

    assert suspicious == set()


async def test_no_rule_names_a_column_that_is_not_there(services: Services) -> None:
    tables = await _columns()
    unknown = set[str]()
    for rule in PERSONAL:
        steps = [step for step in rule.erasure if isinstance(step, Blank)]
        named = {*rule.retained, *(name for step in steps for name in step.columns)}
        unknown |= {
            f"{rule.table}.{name}" for name in named - {each.name for each in tables[rule.table]}
        }

    assert unknown == set()


async def test_secrets_are_never_exported(services: Services) -> None:
    secret = re.compile(r"hash|secret|token(?!s)|password|params|input_hash|content")

    exported = {
        f"{rule.table}.{name}" for rule in PERSONAL for name in rule.exported if secret.search(name)
    }

    assert exported == set()


def test_files_of_the_archive_have_names_of_their_own() -> None:
    names = Counter(rule.file_name for rule in PERSONAL)

    assert [name for name, count in names.items() if count > 1] == []
