"""Masks what changes at every visit in a line."""

from __future__ import annotations

import re

from daemon.lexicon.parameters import TRACKING

MAX_MASKED_CHARS = 20_000

_UNITS = (
    r"(?:sec(?:ond)?s?|min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|years?"
    r"|secondes?|heures?|jours?|semaines?|mois|ans?"
    r"|sekunden?|minuten?|stunden?|tage?n?|wochen?|monate?n?|jahre?n?"
    r"|segundos?|minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?|años?|anos?"
    r"|second[oi]|minut[oi]|or[ae]|giorn[oi]|settiman[ae]|mes[ei]|ann[oi]"
    r"|seconden?|uur|uren|dag(?:en)?|weken|maand(?:en)?|jaar|dage|timer?|timmar|dagar"
    r"|sekund[yę]?|minut[yę]?|godzin[yę]?|dni|tygodni[ea]?|miesi(?:ąc|ęcy|ące)"
    r"|секунд[уы]?|минут[уы]?|час(?:а|ов)?|дн(?:я|ей)|день|недел[юиь]|месяц(?:а|ев)?|лет|года?)"
)
_COUNTED = r"(?:\d+|an?|one|few|une?|ein(?:e|em|er)?|een|en)"
RELATIVE = re.compile(
    rf"\b(?:about |over |almost )?{_COUNTED}\s*{_UNITS}(?:,? (?:and )?\d+ {_UNITS})?"
    rf"\s+(?:ago|geleden|temu|fa|atrás|siden|sedan|назад|önce)\b"
    rf"|\b(?:il y a|vor|hace|há|fa)\s+(?:environ |etwa )?{_COUNTED}\s*{_UNITS}\b"
    r"|\d+\s*(?:秒|分钟|分鐘|小时|小時|天|日|时间|時間|分|か月|ヶ月|个月|年)\s*(?:前)"
    r"|\bjust now\b|\byesterday\b|\bà l'instant\b|\bgerade eben\b",
    re.IGNORECASE,
)
_NUMBER = r"(?<!\d)\d[\d.,\u00a0\u202f']{0,12}\s?(?:[kKmMbB]\b|Mio\.?|Tsd\.?)?\+?"
COUNTERS = re.compile(
    rf"{_NUMBER}\s*(?:other\s)?(?:people|persons?|users?|visitors?|shoppers?|customers?|guests?"
    r"|others|viewers?|members?|personnes?|visiteurs?|besucher|kunden|personen|personas"
    r"|visitantes|persone|mensen|osób|человек)\s+(?:\w+\s+){0,3}?"
    r"(?:view(?:ing|ed)|watch(?:ing|ed)|look(?:ing|ed)|read(?:ing)?|seen|online|browsing|bought"
    r"|buying|listening|interested|here now|have this|ont|regardent"
    r"|consultent|sehen|schauen|viendo|bekijken|ogląda|смотр\w+)[^.,;|]{0,60}"
    rf"|{_NUMBER}\s*(?:page\s)?(?:views?|likes?|shares?|comments?|followers?|subscribers?|upvotes?"
    r"|reactions?|downloads?|installs?|stars?|forks?|votes?|ratings?|reviews?|replies|reads?"
    r"|claps?|online|vues|lectures|partages|commentaires|abonnés|avis|aufrufe|kommentare"
    r"|bewertungen|abonnenten|visualizaciones|visitas|comentarios|seguidores|opiniones"
    r"|visualizzazioni|commenti|recensioni|weergaven|reacties|odsłon|wyświetleń|komentarz\w*"
    r"|просмотр\w*|комментари\w*|次浏览|浏览|閲覧|回視聴)(?!\w)"
    r"|\d+ (?:out of|of|sur|von|de|su|z|av|van) \d+ [^.|]{0,30}"
    r"(?:helpful|utile|hilfreich|útil|nuttig|pomocn\w+)"
    r"|\b(?:views?|visits?|visitors?|hits|downloads?|likes?|shares?|comments?|vues|aufrufe"
    r"|visitas|просмотры)\s*[:(]\s*\d[\d.,\u00a0 ]*[kKmM]?\)?",
    re.IGNORECASE,
)
GENERATED = re.compile(
    r"\b(?:page\s)?(?:generated|rendered|served|loaded|created|executed|processed|built|généré\w*"
    r"|erzeugt|generiert|generad[oa]|completed)\s+(?:in|by|on|at|en|le|am|within|:)\s*"
    r"[^|;]{0,60}?\d[^|;]{0,60}"
    r"|\b(?:execution|load|response|render|processing|query)\s?time\s*:?\s*[\d.,]+\s*\w{0,7}"
    r"|\bin\s+\d+[.,]\d+\s*(?:s|ms|sec|seconds|sekunden|secondes)\b",
    re.IGNORECASE,
)
_UUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
_HEXADECIMAL = r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{12,}\b"
_LONG = r"(?=\w{0,40}\d)(?=\w{0,40}[a-z])(?=\w{0,40}[A-Z])[\w-]{24,}={0,2}"
_REFERENCE = (
    r"\b(?:ray|request|session|trace|error|correlation|incident|support|reference|transaction)"
    r"[\s_-]?(?:id|number|ref)?\s*[:#]\s*[\w.-]{6,}"
)
_KEYS = (
    r"\b(?:csrf|nonce|token|sid|phpsessid|jsessionid)\s*[=:]\s*[\w.-]+"
    r"|\[email[\s\u00a0]protected\]"
    r"|\b(?:your|votre|ihre|tu) (?:ip|adresse ip|ip-adresse)[\w\s]{0,20}:?\s*[\da-f.:]{7,}"
)
TOKENS = re.compile(
    rf"{_UUID}|{_HEXADECIMAL}|\b{_LONG}|{_REFERENCE}|{_KEYS}",
    re.IGNORECASE,
)
# Each of them alone, where an owner names some of the noise rules.
TOKENS_ALONE = re.compile(
    rf"{_UUID}|\b(?![0-9a-f]{{12,}}\b){_LONG}|{_KEYS}",
    re.IGNORECASE,
)
CHECKSUMS = re.compile(rf"(?<![0-9a-f]{{4}}-){_HEXADECIMAL}", re.IGNORECASE)
REFERENCES = re.compile(_REFERENCE, re.IGNORECASE)
QUERY = re.compile(
    r"([?&](?:v|ver|version|cb|_|t|ts|rnd|rand|nonce|hash|cachebuster|cache|sid|token|session\w*"
    rf"|timestamp|bust|rev|{TRACKING})=)[^&#\s)\"'>]*",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"\b(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)?"
    r"|\b\d{1,2}:\d\d:\d\d(?:\s?[ap]\.?m\.?)?\b",
    re.IGNORECASE,
)
COPYRIGHT = re.compile(
    r"((?:©|\(c\)|copyright|&copy;)[^\d\n]{0,40}?)(?:19|20)\d\d(?:\s*[-–—/]\s*(?:19|20)?\d\d)?"
    r"|(?:19|20)\d\d(?:\s*[-–—/]\s*(?:19|20)\d\d)?(?=\s*(?:©|\(c\)))",
    re.IGNORECASE,
)

_AGE_WORDS = (
    " ago",
    "geleden",
    " temu",
    " fa",
    "fa ",
    "atrás",
    "siden",
    "sedan",
    "назад",
    "önce",
    "il y a",
    "vor ",
    "hace ",
    "há ",
    "前",
    "just now",
    "yesterday",
    "instant",
    "gerade eben",
)
_COUNTER_WORDS = (
    "view",
    "like",
    "share",
    "comment",
    "follow",
    "subscri",
    "upvote",
    "react",
    "download",
    "install",
    "star",
    "fork",
    "vote",
    "rating",
    "review",
    "repl",
    "read",
    "clap",
    "online",
    "vues",
    "lecture",
    "partage",
    "abonn",
    "avis",
    "aufruf",
    "kommentar",
    "bewertung",
    "visual",
    "visit",
    "coment",
    "seguidor",
    "opini",
    "recens",
    "weergave",
    "odsłon",
    "wyświet",
    "komentarz",
    "просмотр",
    "коммент",
    "浏览",
    "閲覧",
    "視聴",
    "hits",
    "watch",
    "look",
    "listen",
    "interest",
    "seen",
    "here now",
    "brows",
    "bought",
    "buying",
    "have this",
    " ont",
    "regard",
    "consult",
    "sehen",
    "schauen",
    "helpful",
    "util",
    "útil",
    "hilfreich",
    "nuttig",
    "pomocn",
    "viendo",
    "bekijk",
    "ogląda",
    "смотр",
)
_GENERATED_WORDS = (
    "gener",
    "render",
    "served",
    "load",
    "creat",
    "execut",
    "process",
    "built",
    "génér",
    "erzeugt",
    "time",
    "complet",
    "response",
    "query",
    "in ",
)
_TOKEN_WORDS = (
    " id",
    "_id",
    "-id",
    "id:",
    "csrf",
    "nonce",
    "token",
    "sid",
    "jsession",
    "protected",
    " ip",
    "-ip",
    "request",
    "session",
    "trace",
    "error",
    "correlation",
    "incident",
    "support",
    "reference",
    "transaction",
    "ray",
)
_TOKEN_SIGNS = (":", "#", "=", "protected", " ip")
_LONG_WORDS = re.compile(r"[\w-]{12,}")
_DASHES_OF_UUID = 4
_DIGIT = re.compile(r"\d")


def mask(line: str) -> str:
    """The line without what changes at every visit: ages, counters, clocks, tokens.

    Shape: dates, prices and plain numbers stay; the rest is replaced by a space.
    """
    if len(line) > MAX_MASKED_CHARS:
        return line
    low = line.lower()
    has_digit = _DIGIT.search(line) is not None
    if has_digit:
        line = _mask_numbers(line, low)
    if _any_in(_AGE_WORDS, low):
        line = RELATIVE.sub(" ", line)
    if _may_hold_tokens(line, low, has_digit=has_digit):
        line = TOKENS.sub(" ", line)
    return line


def _may_hold_tokens(line: str, low: str, *, has_digit: bool) -> bool:
    """Whether a line has a long word with a digit, a UUID, or a word for tokens and its sign."""
    if has_digit and any(map(_DIGIT.search, _LONG_WORDS.findall(line))):
        return True
    if line.count("-") >= _DASHES_OF_UUID and _LONG_WORDS.search(line):
        return True
    return _any_in(_TOKEN_SIGNS, low) and _any_in(_TOKEN_WORDS, low)


def _mask_numbers(line: str, low: str) -> str:
    if "?" in line or "&" in line:
        line = QUERY.sub(r"\1", line)
    if _any_in(_GENERATED_WORDS, low):
        line = GENERATED.sub(" ", line)
    line = CLOCK.sub(" ", line)
    if _any_in(_COUNTER_WORDS, low):
        line = COUNTERS.sub(" ", line)
    if "©" in low or "copyright" in low or "(c)" in low:
        line = COPYRIGHT.sub(r"\1 ", line)
    return line


def _any_in(words: tuple[str, ...], text: str) -> bool:
    # Called for every line that differs: a generator takes twice as long.
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False
