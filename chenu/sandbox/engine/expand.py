"""Expansion: objects replace their ids where a request asks for it."""

from collections.abc import Callable
from typing import Any

from chenu.sandbox.engine.ids import kind_of
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork

Provider = Callable[[UnitOfWork, Json], Any]
Presenter = Callable[[UnitOfWork, Record], Json]

PROVIDERS: dict[tuple[str, str], Provider] = {}
"""Properties that only exist when expanded, by kind and name."""

PRESENTERS: dict[str, Presenter] = {}
"""Kinds whose public representation is computed from their stored body."""


def provides(kind: str, name: str) -> Callable[[Provider], Provider]:
    def register(provider: Provider) -> Provider:
        PROVIDERS[kind, name] = provider
        return provider

    return register


def presents(kind: str) -> Callable[[Presenter], Presenter]:
    def register(presenter: Presenter) -> Presenter:
        PRESENTERS[kind] = presenter
        return presenter

    return register


def present(unit: UnitOfWork, record: Record) -> Json:
    """What the API shows of a stored object."""
    presenter = PRESENTERS.get(record.kind)
    return presenter(unit, record) if presenter else record.body


def expanded(unit: UnitOfWork, body: Json, paths: list[str]) -> Json:
    """A copy of the body with each path expanded; paths were checked against the types before."""
    if not paths:
        return body
    copy = copy_json(body)
    for path in sorted(paths):  # shorter ones first, so that longer ones find objects
        _expand(unit, copy, path.split("."))
    return copy


def _expand(unit: UnitOfWork, at: Any, parts: list[str]) -> None:
    if not parts or at is None:
        return
    if isinstance(at, list):
        for one in at:
            _expand(unit, one, parts)
        return
    if not isinstance(at, dict):
        return
    name, *rest = parts
    provider = PROVIDERS.get((str(at.get("object")), name))
    if provider is not None and at.get(name) is None:
        at[name] = provider(unit, at)
    elif isinstance(at.get(name), str):
        at[name] = _load(unit, name, at[name])
    elif isinstance(at.get(name), list) and at[name] and isinstance(at[name][0], str):
        at[name] = [_load(unit, name, one) for one in at[name]]
    _expand(unit, at.get(name), rest)


_WITH_OWN_IDS = ("coupon", "product")
"""Kinds whose ids are chosen freely, so that only the property's name tells the kind."""


def _load(unit: UnitOfWork, name: str, object_id: str) -> Any:
    """The object, on any account; the id itself if nothing is stored under it."""
    kind = name if name in _WITH_OWN_IDS else kind_of(object_id)
    record = unit.store.find("v2.core.account" if kind == "account" else str(kind), object_id, None)
    if record is None and kind == "coupon":
        record = unit.store.find("deleted_coupon", object_id, None)
    if record is None:
        return object_id
    if kind == "account":
        return PRESENTERS["account"](unit, record)
    return copy_json(present(unit.on(record.account), record))
