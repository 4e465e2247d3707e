"""A one-page PDF of plain text lines, written by hand."""

from dataclasses import dataclass

_WIDTH, _HEIGHT = 595, 842
"""A4 in points."""


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `x` and `y` in points from the top left corner."""

    x: int
    y: int
    size: int
    text: str
    is_bold: bool = False
    is_right: bool = False
    """Whether `x` is where the text ends."""


def write_pdf(title: str, lines: list[Text]) -> bytes:
    """The file's bytes; letters outside Windows-1252 become question marks."""
    content = b"".join(_draw(line) for line in lines)
    fonts = b"<< /F1 5 0 R /F2 6 0 R >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R"
        b" /Resources << /Font %s >> >>" % (_WIDTH, _HEIGHT, fonts),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        _font(b"Helvetica"),
        _font(b"Helvetica-Bold"),
        b"<< /Title (%s) /Producer (CHE-NU sandbox) >>" % _escaped(title),
    ]
    return _file(objects)


def _font(name: bytes) -> bytes:
    return b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>" % name


def _file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        len(objects),
        start,
    )
    return bytes(out)


def _draw(line: Text) -> bytes:
    # Digits and the like are about half as wide as high in Helvetica: near enough to end at x.
    shift = len(line.text) * line.size * 52 // 100 if line.is_right else 0
    font = b"F2" if line.is_bold else b"F1"
    return b"BT /%s %d Tf %d %d Td (%s) Tj ET\n" % (
        font,
        line.size,
        line.x - shift,
        _HEIGHT - line.y,
        _escaped(line.text),
    )


def _escaped(text: str) -> bytes:
    plain = text.replace("\u202f", " ").replace("\u00a0", " ")
    coded = plain.encode("cp1252", "replace")
    return coded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
