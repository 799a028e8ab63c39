"""Classifies what part of a page an element opens, by its tag and names."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import itemgetter

MAIN = "main"
OUTSIDE = "outside"  # neither chrome nor within the main content
TITLE = "title"
HEADING = "heading"
LIST = "list"
TABLE = "table"
NAVIGATION = "navigation"
HEADER = "header"
FOOTER = "footer"
ASIDE = "aside"
NOTICE = "notice"  # cookie and consent banners, dialogs, chat windows, newsletter boxes
ADVERT = "advert"
RELATED = "related"
HIDDEN = "hidden"

CHROME = frozenset({NAVIGATION, HEADER, FOOTER, ASIDE, NOTICE, ADVERT, RELATED, HIDDEN})

BLOCK_TAGS = frozenset(
    """address article aside blockquote body button caption center dd details dialog dir div dl dt
    fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main
    menu nav ol option p pre section select summary table tbody td textarea tfoot th thead tr ul
    br""".split()
)
HEADING_TAGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
LIST_TAGS = frozenset({"li", "dt", "dd"})
TABLE_TAGS = frozenset({"td", "th", "caption"})
SKIPPED_TAGS = ("script", "style", "head")  # besides what parsing removes

# Only their text matters, so they are merged into it before the walk.
INLINE_TAGS = tuple(
    """span b i em strong font u small sup sub wbr abbr code mark time bdi bdo cite q var s ins del
    kbd samp dfn tt big strike acronym picture source img path""".split()
)
_BY_TAG = {
    "nav": NAVIGATION,
    "menu": NAVIGATION,
    "header": HEADER,
    "footer": FOOTER,
    "aside": ASIDE,
    "dialog": NOTICE,
    "select": NAVIGATION,
}
_BY_ROLE = {
    "navigation": NAVIGATION,
    "menu": NAVIGATION,
    "menubar": NAVIGATION,
    "search": NAVIGATION,
    "banner": HEADER,
    "contentinfo": FOOTER,
    "complementary": ASIDE,
    "dialog": NOTICE,
    "alertdialog": NOTICE,
}
# The first place wins of which there is a word.
_NAMES = (
    (
        NOTICE,
        (
            "cookie-?(?:banner|bar|notice|consent|law|popup|modal|message|overlay|wall|info"
            "|disclaimer|alert|preferences?|settings|manager|declaration|dialog|box|container)"
            "|onetrust|didomi|axeptio|tarteaucitron|cookiebot|cybot|cmp|usercentrics|cookieyes"
            "|cky|osano|quantcast|consent|gdpr|rgpd|ccpa|modal|popup|pop-up|overlay|lightbox"
            "|dialog|toast|snackbar|newsletter|subscribe|signup-?form|chat|livechat|zendesk"
            "|intercom-(?:container|frame|launcher|lightweight|messenger)|crisp-client"
            "|hubspot-messages|announcement|promo-?bar|skip-?links?|skip-?to"
            "|sr-only-focusable|notification-?bar|alert-?bar|login-?(?:form|box|panel)"
        ),
    ),
    (
        ADVERT,
        (
            "ads|advert|adverts|advertisement|advertising|adslot|ad-?slot|promo-?slot|sponsor"
            "|sponsored|promoted|banner-?ad|adsbygoogle|dfp|taboola|outbrain|publicite|anzeige"
        ),
    ),
    (
        RELATED,
        (
            "related|recommend(?:ed|ations?)|recommendations-?panel|similar|also-?(?:like|bought"
            "|viewed)|upsell|cross-?sell|crosssell|carousel|recently-?viewed|more-?from|you-?may"
            "|trending|most-?(?:read|popular)|popular-?posts|latest-?posts|recent-?posts|read-?next"
            "|testimonials?|social|share|sharing|sharedaddy|follow-?us|disqus|comments?"
        ),
    ),
    (
        NAVIGATION,
        (
            "nav|navbar|navigation|main-?nav|sub-?nav|menu|mega-?menu|submenu|dropdown|menubar"
            "|breadcrumbs?|ariane|pagination|pager|toc|table-?of-?contents|tabs?-?nav|side-?nav"
            "|language-?(?:switcher|selector)|lang-?switch(?:er)?|locale-?switcher|search-?form"
            "|searchbox|sitemap|hamburger|minicart|mini-?cart"
        ),
    ),
    (FOOTER, "footer|site-?footer|page-?footer|foot|colophon|bottom-?bar|copyright|pied"),
    (
        HEADER,
        (
            "(?:site|main|global|top|app|masthead|sticky|mobile|desktop|location|nav)-?header"
            "|masthead|top-?bar|entete|banner"
        ),
    ),
    (ASIDE, "sidebar|side-?bar|sidepanel|rail|(?:sidebar|footer)-?widget|widget-area|aside"),
)
# A word counts at either end of a name or between `-`, `_`, or a change of case.
_NAMED = re.compile(
    rf"(?:^|[_-])(?=(?:{'|'.join(f'({words})' for _, words in _NAMES)})(?:$|[_-]|\d))"
)
# Words that count only as a whole name: within longer ones they mean other things.
_WHOLE_NAMES = {
    "cookie": NOTICE,
    "cookies": NOTICE,
    "header": HEADER,
    "top": HEADER,
    "widget": ASIDE,
    "ad": ADVERT,
    "right-col": ASIDE,
    "left-col": ASIDE,
}
_CONTENT_ASIDE = re.compile(r"note|example|warning|caution|tip|admonition|callout|advisement|issue")
_CAMEL = re.compile(r"([a-z])([A-Z])")
_BEM = re.compile(r"__+|--+")
_MOST_CHARS = 400  # of all names of an element


@lru_cache(maxsize=4_096)
def by_names(names: str) -> str | None:
    """The place that class and id names indicate, if any."""
    found = [_by_name(name) for name in names[:_MOST_CHARS].split()]
    return min(found, key=itemgetter(0))[1] if found else None


@lru_cache(maxsize=8_192)
def _by_name(name: str) -> tuple[int, str | None]:
    """The place that one name indicates, behind its rank: pages have many names in common."""
    if not (name.isascii() and name.islower()):
        name = _CAMEL.sub(r"\1-\2", name)
    plain = _BEM.sub("-", name).lower() if "__" in name or "--" in name else name.lower()
    if _NAMED.search(plain):
        rank = min(found.lastindex or 0 for found in _NAMED.finditer(plain))
        return rank, _NAMES[rank - 1][0]
    place = _WHOLE_NAMES.get(plain)
    return len(_NAMES) + (1 if place else 2), place


def of_element(tag: str, names: str, role: str | None, inside_article: bool) -> str | None:
    """The place that an element opens, or None when it stays in its parent's."""
    if role in _BY_ROLE:
        return _BY_ROLE[role]
    by_tag = _BY_TAG.get(tag)
    if by_tag is None:
        return by_names(names) if names else None
    if inside_article and by_tag in (HEADER, FOOTER):
        return None
    if by_tag is ASIDE and _CONTENT_ASIDE.search(names.lower()):
        return None
    return by_tag


_ADVERT_TEXT = re.compile(
    r"(?:sponsored|ad|ads|advert(?:isement|orial)?|promoted|anzeige|werbung|gesponsert|publicité"
    r"|sponsorisé|annonce|publicidad|patrocinado|pubblicità|sponsorizzato|advertentie|gesponsord"
    r"|reklam[aey]?|sponzorováno|annons|annonse|реклама|広告|广告)(?:\s*[:·|–-]|$|\s+by\b)",
    re.IGNORECASE,
)
_NOTICE_TEXT = re.compile(
    r"\b(?:(?:this|our|the) (?:web)?site|we|and our partners) (?:may )?uses? (?:\w+ ){0,4}?cookies"
    r"|\bnous utilisons (?:des|les) cookies|\bce site utilise des cookies"
    r"|\b(?:wir|diese (?:web)?seite) (?:verwende[nt]|nutz(?:en|t)|setz(?:en|t))"
    r" (?:\w+ ){0,3}?cookies"
    r"|\b(?:utilizamos|usamos|este sitio (?:web )?(?:usa|utiliza)) (?:\w+ ){0,3}?cookies"
    r"|\b(?:utilizziamo|questo sito (?:web )?(?:usa|utilizza)) (?:\w+ ){0,3}?cookie"
    r"|\b(?:wij|we|deze (?:web)?site) gebruik(?:en|t) (?:\w+ ){0,3}?cookies"
    r"|^(?:accept|allow|reject|refuse|decline) (?:all|cookies|all cookies|optional)$"
    r"|^(?:manage|cookie) (?:cookies?|preferences|settings|choices)$|^necessary only$"
    r"|^tout (?:accepter|refuser)$|^(?:accepter|refuser)(?: tout| les cookies)?$|^personnaliser$"
    r"|^(?:alle|nur notwendige|auswahl) (?:akzeptieren|ablehnen|erlauben|zulassen)(?: cookies)?$"
    r"|^(?:aceptar|rechazar) (?:todo|todas|cookies)$|^(?:accetta|rifiuta) (?:tutti|tutto)$",
    re.IGNORECASE,
)
_TELLING_WORDS = 45
_BUTTON_WORDS = 4  # at most, without a word of cookies


def by_text(text: str, words: int) -> str | None:
    """The place that a short block's own words reveal: an advert, a cookie notice."""
    if words > _TELLING_WORDS:
        return None
    if _ADVERT_TEXT.match(text):
        return ADVERT
    may_be_notice = words <= _BUTTON_WORDS or "cookie" in text.lower()
    return NOTICE if may_be_notice and _NOTICE_TEXT.search(text) else None


def depends_on_article(tag: str) -> bool:
    """Whether an element may open another place inside an article."""
    return _BY_TAG.get(tag) in (HEADER, FOOTER)


def is_by_tag(tag: str, role: str | None) -> bool:
    """Whether the place comes from the tag or the role, which are rarely wrong."""
    return tag in _BY_TAG or role in _BY_ROLE


def may_be_content(place: str) -> bool:
    """Whether long paragraphs in this place show that its name is wrong."""
    return place in (NAVIGATION, HEADER, ASIDE, HIDDEN)
