"""Parses a page as a browser without JavaScript sees it: forms, links, headings and text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"input", "meta", "link", "br", "hr", "img"}


@dataclass
class Form:
    """`fields` are what would be sent unchanged: names and values, in order.

    `other_actions` are where some of its buttons send it.
    """

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    other_actions: list[str] = field(default_factory=list)

    def names(self) -> set[str]:
        return {name for name, _ in [*self.fields, *self.boxes]}


@dataclass
class Element:
    """`within` are the class names of all elements around it."""

    tag: str
    attributes: dict[str, str]
    within: tuple[str, ...] = ()
    text: str = ""


class PageReader(HTMLParser):
    """Collects everything of a page that tests check."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self._form: Form | None = None
        self._area: tuple[str, list[str]] | None = None
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        within = tuple(outer.attributes.get("class", "") for outer in self._open)
        element = Element(tag, given, within)
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        self._read_control(tag, given)

    def _read_control(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name")
        if tag == "button" and self._form is not None and "formaction" in given:
            self._form.other_actions.append(given["formaction"])
        if tag == "option" and self._select is not None:
            self._select[1].append((given.get("value", ""), "selected" in given))
        if self._form is None or name is None:
            return
        if tag == "textarea":
            self._area = (name, [])
        elif tag == "select":
            self._select = (name, [])
        elif tag == "button":
            self._form.buttons.append((name, given.get("value", "")))
        elif tag == "input":
            self._read_input(self._form, name, given)

    def _read_input(self, form: Form, name: str, given: dict[str, str]) -> None:
        value = given.get("value", "on" if given.get("type") == "checkbox" else "")
        if given.get("type") != "checkbox":
            form.fields.append((name, value))
            return
        form.boxes.append((name, value))
        if "checked" in given:
            form.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "textarea" and self._area is not None and self._form is not None:
            name, parts = self._area
            # a line break right after the tag is not part of the value
            self._form.fields.append((name, "".join(parts).removeprefix("\n")))
            self._area = None
        if tag == "select" and self._select is not None and self._form is not None:
            name, options = self._select
            chosen = [value for value, selected in options if selected]
            if options:
                self._form.fields.append((name, chosen[0] if chosen else options[0][0]))
            self._select = None
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)
        for element in self._open:
            element.text += data

    def find(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag and wanted.items() <= element.attributes.items()
        ]

    def words(self, tag: str = "main") -> str:
        """The text of the first such element, with white space collapsed."""
        found = self.find(tag)
        return " ".join(found[0].text.split()) if found else ""

    def errors(self) -> list[str]:
        """The entries of the error summary."""
        items = (item for item in self.find("li") if "errors" in item.within)
        return [" ".join(item.text.split()) for item in items]
