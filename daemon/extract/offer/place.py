"""Finds evidence of where a page sells: its address, languages and currency codes."""

from __future__ import annotations

import re

from daemon.extract.offer.quotes import OfferHint, PriceQuote
from daemon.extract.offer.tree import Tree
from daemon.money.currencies import (
    REGION_CURRENCY,
    Evidence,
    iso_code,
    region_of_domain,
    split_locale,
)

_CODE_IN_SCRIPT = re.compile(
    r"""urrency(?i:_?code|_?iso(?:code)?)?["']?\s*[:=]\s*"""
    r"""(?i:\{\s*["']?(?:active|code|id|iso|name|current)["']?\s*:\s*)?["'](?i:([A-Z]{3}))["']"""
)
_REGION_IN_PATH = re.compile(
    r"^/(?:[a-z]{2}[-_])?([a-z]{2})(?:[-_][a-z]{2})?(?=/|$)", re.IGNORECASE
)


def locale_of(tree: Tree, meta: dict[str, str], hint: OfferHint) -> str:
    """The locale in which the page writes numbers, as far as it says."""
    stated = hint.locale or tree.root.get("lang") or meta.get("og:locale") or ""
    language, region = split_locale(stated[:40])
    place = region or region_of_domain(tree.host)
    return f"{language}_{place.upper()}" if language and place else language


def evidence_of(
    tree: Tree, meta: dict[str, str], hint: OfferHint, quotes: list[PriceQuote]
) -> Evidence:
    """The evidence in the page and its address for its currency, strongest first."""
    codes = [quote.currency for quote in quotes if quote.currency]
    domain = REGION_CURRENCY.get(region_of_domain(tree.host) or "")
    codes += [domain] if domain else []
    codes += _codes_in_scripts(tree)  # may be a widget's: after the domain
    regions = _regions(tree, meta, hint)
    language = split_locale(
        (hint.locale or tree.root.get("lang") or meta.get("og:locale") or "")[:40]
    )[0]
    return Evidence(
        expected=hint.currency,
        codes=tuple(dict.fromkeys(codes)),
        regions=tuple(dict.fromkeys(regions)),
        languages=(language,) if language else (),
        generic_domain=bool(tree.host) and region_of_domain(tree.host) in (None, "us"),
    )


def _regions(tree: Tree, meta: dict[str, str], hint: OfferHint) -> list[str]:
    """Countries named by the owner, the domain, the page's locales and its address."""
    own = split_locale((hint.locale or "")[:40])[1]
    stated = [tree.root.get("lang"), meta.get("og:locale"), meta.get("language")]
    locales = [text for text in (*stated, *_own_languages(tree)) if text]
    found = [split_locale(text[:40])[1] for text in locales]
    in_address = [_region_in_path(tree.url), _region_in_subdomain(tree.host)]
    regions = [own, region_of_domain(tree.host), *found, *in_address]
    return [region for region in regions if region]


def _region_in_path(url: str) -> str | None:
    """The country with which the path begins, as "/de/" or "/en-gb"."""
    _, slash, rest = url.partition("//")[2].partition("/")
    found = _REGION_IN_PATH.match(slash + rest)
    region = found[1].lower() if found else None
    return region if region in REGION_CURRENCY else None


def _region_in_subdomain(host: str) -> str | None:
    subdomain = host.partition(".")[0]
    return subdomain if subdomain in REGION_CURRENCY and host.count(".") > 1 else None


def _own_languages(tree: Tree) -> list[str]:
    """The language and region by which the page lists itself among its translations."""
    links = tree.root.xpath("//link[@hreflang][@href]")[:200]
    here = tree.url.partition("#")[0]
    return [link.get("hreflang") for link in links if link.get("href").strip() == here]


def _codes_in_scripts(tree: Tree) -> list[str]:
    """Currency codes that the page's scripts set, the most frequent first."""
    counts: dict[str, int] = {}
    for script in tree.root.iter("script"):
        text = (script.text or "")[:300_000]
        if "urrency" in text:
            for name in _CODE_IN_SCRIPT.findall(text)[:50]:
                if code := iso_code(name):
                    counts[code] = counts.get(code, 0) + 1
    return sorted(counts, key=lambda code: -counts[code])[:3]
