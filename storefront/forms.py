"""Fields of a form or URL as people typed them, and the errors to show beside them."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec
from litestar import Request

from chenu.core.errors import (
    BadInput,
    ChenuError,
    Invalid,
    RateLimited,
    RefusedError,
    Rejected,
)
from chenu.core.i18n import Locale, explain, mark, translate
from chenu.core.money import format_cents
from chenu.core.text import compose
from storefront.uploads import UPLOAD_KEY, UPLOAD_TYPE, read_upload

HttpRequest = Request[Any, Any, Any]

Choice = TypeVar("Choice", bound=StrEnum)

REFUSALS = (RefusedError, Rejected)
"""Errors after which the form is shown again with their message."""
REFUSED_TRIES = (*REFUSALS, RateLimited)
"""The same, for forms whose attempts are limited."""

MAX_FIELDS = 200
_QUERY = "query_fields"
SENT_FORM = "sent_form"
"""In the scope's state: the fields of a form that has passed the checks."""
_FORM_TYPE = "application/x-www-form-urlencoded"

_AS_TYPED = frozenset(
    {"password", "current_password", "new_password", "again_password", "manifest"}
)
"""Older password hashes are of the text as typed, and a manifest is sold unchanged."""

# Inputs of the business that have another name in our forms.
_FIELD_OF_PATH = {
    ("price", "amount_minor"): "price",
    ("price", "type"): "price_type",
    ("average_minutes_saved",): "minutes",
    ("expected_amount_minor",): "expected_amount",
    ("amount_off_minor",): "amount_off",
    ("amount_minor",): "amount",
    ("payment_id",): "payment",
    ("hourly_rate_minor",): "hourly_rate",
    ("minutes_per_execution",): "minutes",
    ("expected_due_now_minor",): "expected_due_now",
    ("agent_id",): "subject",
    ("api_key_id",): "subject",
    ("soft_limit",): "soft",
    ("hard_limit",): "hard",
}


class Fields:
    """Names with all their values, in the order sent; line breaks are single newlines."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def find_nul(self) -> str | None:
        """The first field with a NUL in its name or value, which PostgreSQL cannot store."""
        for name, values in self._values.items():
            if "\x00" in name or any("\x00" in value for value in values):
                return name.replace("\x00", "")
        return None

    def pairs(self) -> list[tuple[str, str]]:
        """Every name with each of its values."""
        return [(name, value) for name, values in self._values.items() for value in values]

    def text(self, name: str) -> str:
        """The last value; empty for a field that was not sent."""
        return self._values.get(name, [""])[-1]

    def find(self, name: str) -> str | None:
        return self.text(name) if name in self._values else None

    def all(self, name: str) -> tuple[str, ...]:
        """All distinct values that are not empty."""
        values = self._values.get(name)
        return tuple(dict.fromkeys(value for value in values if value)) if values else ()

    def read_choice(self, name: str, choices: type[Choice]) -> Choice:
        """One of an enumeration's values; raises Invalid."""
        try:
            return choices(self.text(name))
        except ValueError:
            message = mark("Please choose one of: {allowed}")
            raise Invalid(message, path=(name,), allowed=", ".join(choices)) from None

    def is_ticked(self, name: str) -> bool:
        return self.text(name) in ("on", "true", "1")


def read_query(request: HttpRequest) -> Fields:
    """The fields of the URL's query; raises BadInput."""
    state = request.scope["state"]
    if _QUERY not in state:  # several handlers of one request read it
        state[_QUERY] = _parse(request.scope["query_string"])
    fields: Fields = state[_QUERY]
    return fields


async def read_form(request: HttpRequest) -> Fields:
    """The fields of a sent form, none for another kind of body; raises BadInput."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == UPLOAD_TYPE and UPLOAD_KEY in request.route_handler.opt:
        texts = (await read_upload(request)).texts
        fields = Fields({name: [_read(name, value)] for name, value in texts.items()})
    elif content_type == _FORM_TYPE:
        fields = _parse(await request.body())
    else:
        return Fields({})
    field_name = fields.find_nul()
    if field_name is not None:
        raise Invalid("Please enter text without control characters", path=(field_name,))
    return fields


def _parse(encoded: bytes) -> Fields:
    try:
        values = parse_qs(
            encoded.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise BadInput("This form or address cannot be read") from None
    return Fields({name: [_read(name, value) for value in found] for name, found in values.items()})


def _read(name: str, value: str) -> str:
    """Normalises line breaks and Unicode."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return lines if name in _AS_TYPED else compose(lines)


_HIDDEN = frozenset(
    {
        "token",
        "next",
        "seen_at",
        "expected_amount",
        "expected_due_now",
        "proration_date",
        "idempotency_key",
        "decision",
    }
)


class FieldError(msgspec.Struct, frozen=True):
    """`field` is empty for an error of the whole form."""

    field: str
    message: str


class FormView(msgspec.Struct, frozen=True):
    """A form as shown: `name` prefixes its elements' ids; passwords are never filled in again."""

    name: str
    values: Mapping[str, str] = msgspec.field(default_factory=dict)
    errors: Sequence[FieldError] = ()
    refusal: ChenuError | None = None

    def __hash__(self) -> int:
        return hash((self.name, *self.values.items(), *self.errors))

    def id_of(self, field_name: str) -> str:
        return f"{self.name}-{field_name}"

    def value(self, field_name: str) -> str:
        return self.values.get(field_name, "")

    def typed(self, field_name: str, current: str) -> str:
        """The value typed into a refused form, else the stored one."""
        return self.values.get(field_name, current)

    def is_chosen(self, field_name: str, option: str) -> bool:
        return option in self.value(field_name).split("\n")

    def errors_of(self, field_name: str) -> list[str]:
        return [error.message for error in self.errors if error.field == field_name]

    def shows(self, field_name: str) -> bool:
        """Whether the field is visible; errors of hidden fields are shown for the whole form."""
        return bool(field_name) and field_name not in _HIDDEN


def forms_of_page(shown: FormView, names: Iterable[str]) -> dict[str, FormView]:
    """A page's forms by name: what was typed into one, and its errors, stand at that one alone."""
    return {name: shown if shown.name == name else FormView(name) for name in names}


def list_options(texts: Mapping[Choice, str], locale: Locale) -> list[tuple[str, str]]:
    """Of a choice that is made by whoever fills the form in: none is chosen beforehand."""
    return [("", "–"), *((choice.value, translate(locale, text)) for choice, text in texts.items())]


def keep(fields: Fields, names: Iterable[str]) -> dict[str, str]:
    """Fills in the typed values again; several values of one name are joined by line breaks."""
    return {name: "\n".join(fields.all(name)) or fields.text(name) for name in names}


def refused_form(
    name: str, values: Mapping[str, str], error: ChenuError, locale: Locale
) -> FormView:
    """The form as typed, with the errors beside the fields."""
    return FormView(name, values, field_errors(error, locale), error)


def field_errors(error: ChenuError, locale: Locale) -> list[FieldError]:
    return [FieldError(_field_of(single), _words_for(single, locale)) for single in error.each]


def _words_for(error: ChenuError, locale: Locale) -> str:
    """Replaces amounts in cents, which the business names, by euros, which people type."""
    if error.code == "PRICE_OUT_OF_RANGE" and "lowest" in error.params:
        message = mark("This price must be between {lowest} and {highest}")
        bounds = {name: format_cents(amount, locale) for name, amount in error.params.items()}
        return translate(locale, message, **bounds)
    amounts = {
        name: format_cents(amount, locale)
        for name, amount in error.params.items()
        if name.endswith("_cents")
    }
    if amounts:
        return translate(locale, error.message, **{**error.params, **amounts})
    return explain(error, locale)


def _field_of(error: ChenuError) -> str:
    return _FIELD_OF_PATH.get(error.path) or (error.path[0] if error.path else "")
