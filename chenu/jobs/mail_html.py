"""A mail's text as plain text and as HTML: both from the same words.

Templates give paragraphs divided by blank lines, and `button(label, link)` for the main action.
"""

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from chenu.core.i18n import Locale, translate
from chenu.core.site import current_site

OUR_ACCENT, OUR_DARK_ACCENT = "#1F6F63", "#5CC8B6"

_BEGIN, _MIDDLE, _END = "\x02", "\x1f", "\x03"
"""Around and within a button; user_texts.py takes control characters out of what people wrote."""
_BUTTON = re.compile(f"{_BEGIN}([^{_MIDDLE}]*){_MIDDLE}([^{_END}]*){_END}")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_WHOLE_LINK = re.compile(r"https?://[^\s<>\"'\\]+")

_ANCHOR = Markup('<a href="{0}" target="_blank" rel="noopener" class="link">{0}</a>')
_BUTTON_HTML = Markup(
    '<table role="presentation" cellpadding="0" cellspacing="0" style="margin:24px 0 8px"><tr>'
    '<td class="button" style="background:{accent};border-radius:10px">'
    '<a href="{link}" target="_blank" rel="noopener" style="display:inline-block;'
    "padding:13px 24px;color:#FFFDF8;font-weight:600;text-decoration:none;"
    'border-radius:10px">{label}</a></td></tr></table>\n'
    '<p class="soft" style="margin:0 0 20px;color:#5E5A50;font-size:13px;'
    'overflow-wrap:anywhere">{shown}</p>'
)


def accent_light() -> str:
    site = current_site()
    return OUR_ACCENT if site is None else site.accent_light or OUR_ACCENT


def accent_dark() -> str:
    site = current_site()
    return OUR_DARK_ACCENT if site is None else site.accent_dark or OUR_DARK_ACCENT


def mark_button(label: str, link: str) -> str:
    """The main action of a mail; `link` is one of ours, or a page of Stripe."""
    return f"{_BEGIN}{label}{_MIDDLE}{link}{_END}"


def to_plain(text: str, locale: Locale) -> str:
    """A button is its label with the address below."""

    def spell(button: re.Match[str]) -> str:
        label = translate(locale, "{label}:", label=button[1])
        return f"{label}\n{button[2]}"

    return re.sub(r"\n{3,}", "\n\n", _BUTTON.sub(spell, text).strip())


def to_html(text: str, ours: tuple[str, ...], locale: Locale) -> Markup:
    """Paragraphs, line breaks, buttons and links that begin as ours do; the rest is escaped."""
    return Markup("\n").join(_blocks(text, ours, locale))


def _blocks(text: str, ours: tuple[str, ...], locale: Locale) -> Iterator[Markup]:
    end = 0
    for button in _BUTTON.finditer(text):
        yield from _paragraphs(text[end : button.start()], ours)
        end = button.end()
        if _WHOLE_LINK.fullmatch(button[2]) and button[2].startswith(ours):
            shown = _ANCHOR.format(button[2])
            yield _BUTTON_HTML.format(
                label=button[1], link=button[2], shown=shown, accent=accent_light()
            )
        else:
            yield from _paragraphs(to_plain(button[0], locale), ())
    yield from _paragraphs(text[end:], ours)


def _paragraphs(text: str, ours: tuple[str, ...]) -> Iterator[Markup]:
    for block in re.split(r"\n{2,}", text.strip()):
        if block:
            lines = [_link_up(line, ours) for line in block.splitlines()]
            yield Markup("<p>{}</p>").format(Markup("<br>\n").join(lines))


def _link_up(line: str, ours: tuple[str, ...]) -> Markup:
    parts, end = [], 0
    for match in _LINK.finditer(line):
        if not match[0].startswith(ours):
            continue
        parts += [escape(line[end : match.start()])]
        parts += [_ANCHOR.format(match[0])]
        end = match.end()
    return Markup("").join([*parts, escape(line[end:])])
