"""Whether a colour can be read on our pages: contrast as WCAG 2.2 computes it. Pure."""

import re
from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

import msgspec

AA = 4.5
"""For text of ordinary size."""
GROUNDS_LIGHT = ("#f7f4ec", "#fffdf8", "#efeade", "#f5ead2", "#e3efe0", "#f9e6df", "#ffffff")
GROUNDS_DARK = ("#17181b", "#1e1f22", "#101113", "#2e2618", "#1b2a1f", "#331d16", "#101113")
"""What links stand on in storefront/static/css/tokens.css, and last the words on a button."""

_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_STEPS = 200

Rgb = tuple[int, int, int]


class Unreadable(msgspec.Struct, frozen=True):
    """`ratio` is the lowest of all grounds, cut to two decimals; `nearest` is one that does."""

    ratio: Decimal
    nearest: str


def read_colour(text: str) -> str | None:
    """`#rrggbb` in lower case, also of `rrggbb`; None for anything else."""
    colour = text.strip().lower()
    colour = colour if colour.startswith("#") else f"#{colour}"
    return colour if _COLOUR.fullmatch(colour) else None


def find_unreadable(colour: str, *, is_dark: bool) -> Unreadable | None:
    """None where it meets AA on every ground. `colour` is one that read_colour gave."""
    grounds = GROUNDS_DARK if is_dark else GROUNDS_LIGHT
    ratio = _lowest(_parts(colour), grounds)
    if ratio >= AA:
        return None
    shown = Decimal(ratio).quantize(Decimal("0.01"), ROUND_DOWN)
    return Unreadable(shown, _nearest(_parts(colour), grounds, is_dark=is_dark))


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((_luminance(_parts(one)), _luminance(_parts(other))))
    return (lighter + 0.05) / (darker + 0.05)


def _lowest(colour: Rgb, grounds: Sequence[str]) -> float:
    return min(contrast(_write(colour), ground) for ground in grounds)


def _nearest(colour: Rgb, grounds: Sequence[str], *, is_dark: bool) -> str:
    """Mixed with as little white or black as does."""
    end = 255 if is_dark else 0
    for step in range(1, _STEPS):
        red, green, blue = (part + round((end - part) * step / _STEPS) for part in colour)
        if _lowest((red, green, blue), grounds) >= AA:
            return _write((red, green, blue))
    return _write((end, end, end))


def _parts(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _write(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
