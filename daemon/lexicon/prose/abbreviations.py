"""Words that end in a full stop without ending a sentence."""

from __future__ import annotations

# Without their stop, in lower case. One letter, and letters with stops between, need no entry.
_ALWAYS = frozenset(
    """
    adr anm approx apt assoc ave bd bhd bldg blvd bspw bzgl bzw ca capt cf cit corp dept dipl dir dr
    dra ed eds etc evtl ext ff gem ggf gov hon hr ibid inc incl inkl jr kl klg ltd ltda mgr mio mld
    mr mrd mrs ms msgr mt núm okt orig pág phd prof pte pts pty publ pvt regd resp sdn sgt sog sr
    sra srl srs srta st ste str suppl tel ul usw viz vs zb zzgl ст см стр тел ул гр им рис руб др
    корп наб пер пл
    """.split()
)
# Words as well, unless a number follows: no. 7, art. 12.
_LETTERS = 2  # of a part of e.g., p.ex., U.S.A
_BEFORE_NUMBERS = frozenset(
    """
    abs art arts cap ch chap cl col eq fig figs jan feb mar apr jun jul aug sep sept oct nov dec kap
    max min no nos nr op para par pos pp ref reg sec sect tab tit tom vol vols zif ziff гл
    """.split()
)


def is_abbreviation(word: str, following: str) -> bool:
    """Whether a word, without the stop behind it, is short for another, by what follows."""
    word = word.rsplit("-", 1)[-1]
    plain = word.casefold()
    if len(word) == 1 or ("." in word and all(map(_is_short, word.split(".")))):
        return True
    return plain in _ALWAYS or (plain in _BEFORE_NUMBERS and following[:1].isdigit())


def _is_short(part: str) -> bool:
    return part.isalpha() and len(part) <= _LETTERS
