"""What makes pages heavy and says nothing: styles, scripts, pictures, comments."""

from __future__ import annotations

from random import Random

_PROPERTIES = [
    "margin:0 auto",
    "padding:4px 8px",
    "display:flex",
    "color:#333",
    "border:0",
    "gap:1rem",
]
_NAMES = "grid card nav tile btn icon hero list menu modal swatch badge price stock form".split()
_HIDING = ".hidden,.d-none,.is-hidden,.visually-hidden,.hide{display:none!important}"

_STRIKING = ".regular-price,.price-old,.list-price-price,.old-price,.a-text-price"


def styles(rng: Random, size: int) -> str:
    """A style sheet of about so many bytes, which hides and strikes what its classes say."""
    rules = [_HIDING, f"{_STRIKING}{{text-decoration:line-through}}"]
    while size > 0:
        block, element = rng.choice(_NAMES), f"{rng.choice(_NAMES)}__{rng.randint(1, 99)}"
        rule = f".{block}-{element}{{{rng.choice(_PROPERTIES)}}}"
        rules.append(rule)
        size -= len(rule)
    return "\n".join(rules)


def script(rng: Random, size: int) -> str:
    """A script of about so many bytes, as bundlers leave them."""
    parts = ["!function(){var e={};"]
    while size > 0:
        name, other, value = rng.choice(_NAMES), rng.choice(_NAMES), rng.randint(0, 1 << 24)
        part = f'e.{name}{value % 97}=function(t){{return t.{name}?t.{other}:"{value:x}"}};'
        parts.append(part)
        size -= len(part)
    return "".join([*parts, "}();"])


def drawing(rng: Random) -> str:
    """The path of an icon."""
    return "M" + " ".join(f"{rng.uniform(0, 24):.2f}" for _ in range(rng.randint(8, 60)))


def page_bytes(rng: Random) -> int:
    """How large a page becomes by filling: mostly some tens of kilobytes, a few of them 400."""
    return int(10 ** rng.uniform(4.0, 5.0) if rng.random() < 0.9 else 10 ** rng.uniform(5.0, 5.55))
