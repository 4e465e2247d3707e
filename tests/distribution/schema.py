"""The schema as the reader of statements needs it."""

import re

from chenu.core import db
from chenu.core.distribution import Distributed
from chenu.scaling.catalogue import read_catalogue
from chenu.scaling.plan import FUNCTIONS, PLACEMENT_OF
from tests.distribution.terms import Schema

_VIEWS = "SELECT viewname::text, definition FROM pg_views WHERE schemaname = 'public'"
_PARTITIONS = """
    SELECT inhrelid::regclass::text AS name, inhparent::regclass::text AS parent
    FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE relkind = 'r'
"""
_FUNCTIONS = """
    SELECT p.proname::text AS name, p.prosrc AS body,
        (SELECT coalesce(array_agg(name ORDER BY place), '{}')
         FROM unnest(p.proargnames, p.proargmodes) WITH ORDINALITY AS a (name, mode, place)
         WHERE coalesce(mode, 'i') = 'i') AS parameters
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


async def read_schema() -> Schema:
    catalogue = await read_catalogue()
    views = await db.fetch_records(_VIEWS)
    functions = await db.fetch_records(_FUNCTIONS)
    return Schema(
        {each.table: each.columns for each in catalogue.tables},
        {row["viewname"]: row["definition"] for row in views},
        {row["name"]: tuple(row["parameters"]) for row in functions},
        {row["name"]: row["parent"] for row in await db.fetch_records(_PARTITIONS)},
    )


async def list_touching_functions() -> set[str]:
    """Functions that name a distributed table, or a function that does."""
    bodies = {
        row["name"]: set(re.findall(r"\w+", row["body"]))
        for row in await db.fetch_records(_FUNCTIONS)
    }
    named = {table for table, each in PLACEMENT_OF.items() if isinstance(each, Distributed)}
    touching = {function.name for function in FUNCTIONS}
    while more := {name for name, words in bodies.items() if words & (named | touching)} - touching:
        touching |= more
    return touching
