"""Bodies of a form with a file, as no browser writes them."""

import gzip
from collections.abc import Mapping

from tests.attacks.hostile_pictures import SCRIPT
from tests.media.drawn import png

BOUNDARY = "border"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
PICTURE = 'name="picture"; filename="a.png"'


def part(disposition: str, content: bytes, *more: str) -> bytes:
    lines = [f"--{BOUNDARY}", f"Content-Disposition: form-data; {disposition}", *more, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + content + b"\r\n"


def body(token: str, *parts: bytes) -> bytes:
    """A whole form: the token, words for those who see no picture, and these parts."""
    own = part('name="csrf_token"', token.encode())
    alt = part('name="alt"', b"A window")
    return b"".join((own, alt, *parts, f"--{BOUNDARY}--\r\n".encode()))


def taken(token: str) -> Mapping[str, bytes]:
    """Forms with a picture: whatever its name and type say, it is one, and both are forgotten."""
    names = {
        "a path": "../../../../etc/cron.d/x",
        "a path of Windows": "..\\\\..\\\\windows\\\\x.exe",
        "an absolute path": "/etc/passwd",
        "a program": "shell.php",
        "a page": "<script>alert(1)</script>.html",
        "a device": "CON",
        "a long name": "x" * 3000 + ".png",
        "words of another language": "écran d’été.png",
    }
    forms = {
        f"named as {kind}": body(token, part(f'name="picture"; filename="{name}"', png()))
        for kind, name in names.items()
    }
    return forms | {
        "typed as a page": body(token, part(PICTURE, png(), "Content-Type: text/html")),
        "with a page behind": body(token, part(PICTURE, png() + SCRIPT)),
        "sent twice": body(token, part(PICTURE, b"no picture"), part(PICTURE, png())),
        "with a file nobody asked for": body(
            token, part(PICTURE, png()), part('name="other"; filename="x.exe"', b"MZ")
        ),
    }


def refused(token: str) -> Mapping[str, tuple[bytes, str]]:
    """Bodies with the type that they say."""
    whole = body(token, part(PICTURE, png()))
    small = part('name="x"', b"")
    return {
        "100,000 parts": (body(token, *[small] * 100_000), MULTIPART),
        "100,000 files": (body(token, *[part(PICTURE, b"x")] * 60_000), MULTIPART),
        "100,000 lines of a head": (
            body(token, part(PICTURE, png(), *["X-Odd: 1"] * 100_000)),
            MULTIPART,
        ),
        "a line of a head without end": (
            body(token, part(PICTURE, png(), f"X-Odd: {'x' * 1_000_000}")),
            MULTIPART,
        ),
        "a form that ends too early": (whole[: len(whole) // 2], MULTIPART),
        "a form without end": (whole[: -len(BOUNDARY) - 6], MULTIPART),
        "a form of nothing": (b"", MULTIPART),
        "no border": (whole, "multipart/form-data"),
        "another border": (whole, "multipart/form-data; boundary=other"),
        "a border of 10,000": (whole, f"multipart/form-data; boundary={'b' * 10_000}"),
        "a border with signs": (whole, 'multipart/form-data; boundary="b\\r\\nX: y"'),
        "a compressed form": (gzip.compress(whole), MULTIPART),
        "a form within a form": (whole, MULTIPART.replace("form-data", "mixed")),
        "another kind of form": (b"csrf_token=" + token.encode() + b"&picture=x", "text/plain"),
        "a field without name": (body(token, part('filename="a.png"', png())), MULTIPART),
        "no file": (body(token), MULTIPART),
        "an empty file": (body(token, part(PICTURE, b"")), MULTIPART),
        "a file as text": (body(token, part('name="picture"', b"GIF89a")), MULTIPART),
        "a token as a file": (
            body("", part('name="csrf_token"; filename="t"', token.encode()), part(PICTURE, png())),
            MULTIPART,
        ),
        "another's token": (body("0" * 64, part(PICTURE, png())), MULTIPART),
        "too large a picture": (body(token, part(PICTURE, png() + bytes(5_000_000))), MULTIPART),
        "too large a form": (body(token, part(PICTURE, bytes(9_000_000))), MULTIPART),
        "a text of 8 MB": (body(token, part('name="alt"', b"x" * 7_900_000)), MULTIPART),
        "a text that is none": (body(token, part('name="alt"', b"\xff\xfe")), MULTIPART),
        "NUL": (body(token, part('name="alt"', b"a\x00b"), part(PICTURE, png())), MULTIPART),
    }
