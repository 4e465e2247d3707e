"""Renders the templates, with texts, amounts and times in the visitor's language."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response

from chenu.sandbox.pages.translations import ENGLISH, FRENCH, euros

_FOLDER = Path(__file__).parent / "templates"
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["euros"] = euros
    environment.filters["moment"] = moment
    return environment


def moment(unix: int) -> str:
    """A time that reads the same in both languages; UTC."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M}"


def render(
    template: str, language: str = "en", status: int = 200, **values: object
) -> Response[str]:
    """An HTML page; `t` holds the texts."""
    text = render_text(template, language, **values)
    return Response(text, status_code=status, media_type="text/html", headers=_HEADERS)


def render_text(template: str, language: str, **values: object) -> str:
    words = FRENCH if language == "fr" else ENGLISH
    return _environment().get_template(template).render(lang=language, t=words, **values)


def message_page(language: str, name: str, status: int) -> Response[str]:
    """A page with one message: the texts `{name}_title` and `{name}`."""
    return render("message.html", language, status, name=name)
