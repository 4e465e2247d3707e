"""Each agent's icon: a flower whose shape follows from its id, in the colour of its sphere."""

import math
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

_CENTRE = 32
COLOURS = {
    "PERSONAL": "#B4884A",
    "BUSINESS": "#2F7D70",
    "GOVERNMENT": "#5A6299",
    "CREATIVE_STUDIO": "#A4553B",
    "COMMUNITY": "#6B7F3A",
    "SOCIAL_MEDIA": "#8A4F7D",
    "ENTERTAINMENT": "#B14A54",
    "MY_TEAM": "#3F7249",
    "SCHOLAR": "#4E6B8A",
}
_NO_SPHERE = "#8D8371"


class Icon(msgspec.Struct, frozen=True):
    """Drawn on a square of 64 units: `petals` is the data of one SVG path, radii are in units."""

    petals: str
    ring: int
    eye: int
    seeds: tuple[tuple[str, str], ...]


def draw_icon(agent_id: UUID) -> Icon:
    """Deterministic: the same icon for the same id."""
    raw = sha256(agent_id.bytes).digest()
    count = 3 + raw[0] % 5
    turn = math.tau * raw[1] / 256
    length = 20 + raw[2] % 5
    fullness = 0.62 + (raw[3] % 5) * 0.09
    lean = (raw[4] % 5 - 2) * 0.11
    angles = [turn + math.tau * index / count for index in range(count)]
    between = [angle + math.pi / count for angle in angles] if raw[5] % 2 else []
    return Icon(
        petals="".join(_petal(angle, length, fullness * math.pi / count, lean) for angle in angles),
        ring=26 + raw[6] % 3,
        eye=3 + raw[7] % 3,
        seeds=tuple(_point(angle + lean, length - 1) for angle in between),
    )


def _petal(angle: float, length: int, half: float, lean: float) -> str:
    """A path from the centre to the tip and back, curved on each side; `half` is half its angle."""
    tip = _point(angle + lean, length)
    left = _point(angle - half, length * 0.78)
    right = _point(angle + half, length * 0.78)
    centre = f"{_CENTRE} {_CENTRE}"
    return f"M{centre}Q{' '.join(left)} {' '.join(tip)}Q{' '.join(right)} {centre}Z"


def _point(angle: float, distance: float) -> tuple[str, str]:
    x = _CENTRE + distance * math.cos(angle)
    y = _CENTRE + distance * math.sin(angle)
    return f"{x:.1f}", f"{y:.1f}"


def draw_sphere(code: str) -> Icon:
    """The icon of a sphere."""
    return draw_icon(uuid5(NAMESPACE_URL, f"chenu:sphere:{code}"))


def icon_svg(agent_id: UUID, sphere: str | None) -> str:
    """A complete SVG file without style sheet: it uses presentation attributes only."""
    icon, colour = draw_icon(agent_id), COLOURS.get(sphere or "", _NO_SPHERE)
    seeds = "".join(f'<circle cx="{x}" cy="{y}" r="1.6"/>' for x, y in icon.seeds)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
        f'<rect width="64" height="64" rx="14" fill="#FFFDF8"/><g fill="{colour}">'
        '<rect width="64" height="64" rx="14" fill-opacity=".16"/>'
        f'<circle cx="32" cy="32" r="{icon.ring}" fill="none" stroke="{colour}"'
        f' stroke-opacity=".35"/><path d="{icon.petals}" fill-opacity=".85"/>{seeds}</g>'
        f'<circle cx="32" cy="32" r="{icon.eye}" fill="#FFFDF8"/></svg>\n'
    )
