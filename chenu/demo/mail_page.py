"""The demo's mailbox: a page with every mail that was sent. Served in demo mode only."""

import email
import email.policy
import re
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import jinja2
import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler
from markupsafe import Markup, escape

from chenu.core.email_address import find_ascii_address
from chenu.core.errors import NotFound
from chenu.settings import Settings

_TEMPLATES = Path(__file__).parent / "templates"
_MOST = 100
_NAME = re.compile(r"[0-9a-f]{32}")
_FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Like a mail program: a mail's own styles, links that open elsewhere, and nothing else."""


class ShownMail(msgspec.Struct, frozen=True):
    to: str
    subject: str
    date: str
    message_id: str
    text: Markup
    """Escaped, with links that can be followed."""
    name: str
    """Of its file, and of the page with its HTML part."""


def mail_routes() -> list[ControllerRouterHandler]:
    return [mail_page, mail_style, mail_html]


@get("/demo/mail", sync_to_thread=True)
def mail_page(settings: NamedDependency[Settings], q: FromQuery[str] = "") -> Response[str]:
    """`q` selects mails to addresses that contain it."""
    wanted = find_ascii_address(q) or q.strip().lower()
    mails = _read_mails(Path(settings.mail_folder or ""), wanted)
    html = _environment().get_template("mail.html").render(mails=mails, query=q)
    headers = {"cache-control": "no-store"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


@get("/demo/mail.css", sync_to_thread=True)
def mail_style() -> Response[str]:
    return Response((_TEMPLATES / "mail.css").read_text(), media_type="text/css; charset=utf-8")


@get("/demo/mail/{name:str}", sync_to_thread=True)
def mail_html(settings: NamedDependency[Settings], name: FromPath[str]) -> Response[str]:
    """The HTML part alone, in a frame: its links open elsewhere, and nothing in it runs."""
    path = Path(settings.mail_folder or "") / f"{name}.eml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound("There is no such mail")
    body = _read(path).get_body(("html",))
    html = str(body.get_content()) if body else ""
    headers = {"content-security-policy": _FRAME, "cache-control": "no-store"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _read_mails(folder: Path, wanted: str) -> list[ShownMail]:
    """The newest first, by when they were sent."""
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    mails: list[ShownMail] = []
    for path in paths:
        message = _read(path)
        if wanted in str(message["To"]).lower():
            mails.append(_show(message, path.stem))
        if len(mails) == _MOST:
            break
    return mails


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _show(message: EmailMessage, name: str) -> ShownMail:
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    return ShownMail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        date=str(message["Date"]),
        message_id=str(message["Message-ID"]),
        text=_link_up(text.strip()),
        name=name,
    )


def _link_up(text: str) -> Markup:
    words = text.replace("\r\n", "\n").split(" ")
    return Markup(" ").join(_link_up_word(word) for word in words)


def _link_up_word(word: str) -> Markup:
    """A word may contain line breaks; a link ends at white space."""
    lines = []
    for line in word.split("\n"):
        if line.startswith(("http://", "https://")):
            lines.append(Markup('<a href="{0}">{0}</a>').format(line))
        else:
            lines.append(escape(line))
    return Markup("\n").join(lines)
