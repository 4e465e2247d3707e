"""The colours of a brand as a style sheet of its own, named by what stands in it."""

import hashlib

from chenu.core.site import Site

PATH = "/brand"
_ON_LIGHT, _ON_DARK = "#ffffff", "#101113"


def brand_style_url(site: Site) -> str:
    return f"{PATH}/{style_name(site)}.css"


def style_name(site: Site) -> str:
    """Another for other colours, so that browsers may store it for ever."""
    return hashlib.sha256(write_style(site).encode()).hexdigest()[:12]


def write_style(site: Site, selector: str = ":root") -> str:
    """What the checked accents change in tokens.css; of the layer that comes last there."""
    rules = [_rule(selector, site.accent_light, _ON_LIGHT, "black")]
    if dark := _rule(selector, site.accent_dark, _ON_DARK, "white"):
        rules.append(f"@media screen and (prefers-color-scheme: dark) {{ {dark} }}")
    elif site.accent_light:
        rules.append(_ours_when_dark(selector))
    return "\n".join(rule for rule in rules if rule)


def _rule(selector: str, accent: str | None, words: str, end: str) -> str:
    """On buttons stand `words`; what the pointer is over goes towards `end`."""
    if accent is None:
        return ""
    deep = f"color-mix(in srgb, {accent} 82%, {end})"
    values = f"--brand: {accent}; --focus: {accent}; --brand-deep: {deep}; --on-brand: {words};"
    return f"{selector} {{ {values} }}"


def _ours_when_dark(selector: str) -> str:
    """An accent for light pages alone must not reach dark ones."""
    values = "--brand: #5cc8b6; --focus: #5cc8b6; --brand-deep: #7fd8c9; --on-brand: #0c2622;"
    return f"@media screen and (prefers-color-scheme: dark) {{ {selector} {{ {values} }} }}"


def write_preview(site: Site) -> str:
    """Both looks beside each other, whatever the visitor's screen prefers."""
    light = (
        "--sand: #f7f4ec; --paper: #fffdf8; --ink: #1e1f22; --soft: #5b574d; --hair: #1e1f221a;"
        " --brand: #1f6f63; --on-brand: #ffffff; --brand-deep: #17584e;"
    )
    dark = (
        "--sand: #17181b; --paper: #1e1f22; --ink: #f1ecdf; --soft: #b3ab9a; --hair: #f1ecdf1c;"
        " --brand: #5cc8b6; --on-brand: #0c2622; --brand-deep: #7fd8c9;"
    )
    rules = [
        f".brand-light {{ {light} }}",
        _rule(".brand-light", site.accent_light, _ON_LIGHT, "black"),
        f".brand-dark {{ {dark} }}",
        _rule(".brand-dark", site.accent_dark, _ON_DARK, "white"),
    ]
    return "\n".join(rule for rule in rules if rule)
