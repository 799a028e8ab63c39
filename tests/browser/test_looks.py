"""Pages stay light, and their templates hold nothing that a page of ours may not hold."""

from __future__ import annotations

import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it ships no types
import pytest

import daemon

WEB = Path(daemon.__file__).parent / "web"
ASSETS = WEB / "assets"
TEMPLATES = sorted(path.relative_to(WEB / "templates") for path in WEB.rglob("templates/**/*.html"))
SCRIPT_BYTES = 5 * 1024
SHEET_BYTES = 6_000  # compressed
BOTH_BYTES = 11_000  # compressed

FORBIDDEN = {
    "an inline style": r"<style|\sstyle\s*=",
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "an event attribute": r"<[^>]*\son[a-z]+\s*=(?!=)",
    "text that is not escaped": r"\|\s*safe\b|autoescape\s+false|\bMarkup\b",
    "an asset of others": r"""(?:src|<link[^>]*href)\s*=\s*["']?(?:https?:)?//""",
    "a javascript: address": r"javascript:",
}


def compressed_bytes(path: Path) -> int:
    return len(brotli.compress(path.read_bytes()))


def test_the_script_is_small() -> None:
    assert len((ASSETS / "app.js").read_bytes()) <= SCRIPT_BYTES


def test_the_style_sheet_is_small() -> None:
    assert compressed_bytes(ASSETS / "app.css") <= SHEET_BYTES


def test_all_that_a_page_loads_is_small() -> None:
    loaded = [*ASSETS.glob("*.css"), *ASSETS.glob("*.js")]
    assert sum(map(compressed_bytes, loaded)) <= BOTH_BYTES


def test_colours_are_named_once_for_both_schemes() -> None:
    _head, rules = (ASSETS / "app.css").read_text().split("}", 1)
    assert re.findall(r"(?<![\w-])#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(", rules) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what: str, template: Path) -> None:
    text = (WEB / "templates" / template).read_text()
    assert re.findall(FORBIDDEN[what], text, re.IGNORECASE) == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_is_forbidden_would_be_found(what: str) -> None:
    samples = {
        "an inline style": '<p style="color: red">',
        "an inline script": "<script>alert(1)</script>",
        "an event attribute": '<p class="a" onclick="b()">',
        "text that is not escaped": "{{ title | safe }}",
        "an asset of others": '<img src="//cdn.example/a.png">',
        "a javascript: address": '<a href="javascript:b()">',
    }
    assert re.search(FORBIDDEN[what], samples[what], re.IGNORECASE)
