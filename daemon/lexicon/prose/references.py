"""Words before the number of a part of a text: section 7, Artikel 3, § 12."""

from __future__ import annotations

import re

_NAMES = (
    r"sections?|sect?|clauses?|chapters?|articles?|arts?|paragraphs?|paras?|figures?|figs?|tables?"
    r"|annex(?:es)?|appendix|appendices|schedules?|exhibits?|parts?|items?|points?|rules?|steps?"
    r"|pages?|notes?|nos?|volumes?|recitals?|titles?|directives?|regulations?|acts?"
    r"|abschnitt\w*|artikel\w*|absatz|absätze|abs|ziffer\w*|kapitel\w*|anhang|anlage\w*|nummer"
    r"|nr|satz|seite|règlement|chapitres?|alinéas?|annexes?|secci(?:ón|ones)|cláusulas?|capítulos?"
    r"|artículos?|apartados?|anexos?|sezion[ei]|clausol[ae]|capitol[oi]|articol[oi]|comm[ai]"
    r"|allegat[oi]|seç(?:ão|ões)|artigos?|alíneas?|artyku\w*|ust|pkt|čl\w*|odst|odd\w*|článk\w*"
    r"|член\w*|стать\w*|пункт\w*|глав\w*|раздел\w*"
)
_NAME = rf"(?:§+|[#№]|\b(?:{_NAMES})\b)"
_BEFORE = re.compile(rf"{_NAME}[\W\d]{{0,4}}$", re.IGNORECASE)
_NUMBER = r"\(?\d+(?:[.,/]\d+)*(?:\([a-z\d]{1,4}\))*\)?"
_NUMBERED = re.compile(
    rf"{_NAME}\.?\s?{_NUMBER}(?:\s?(?:-|–|,|and|or|und|et|y|e)\s?{_NUMBER})*", re.IGNORECASE
)


def is_reference(before: str) -> bool:
    """Whether a number behind this text is that of a part of a text."""
    return _BEFORE.search(before) is not None


def without_references(text: str) -> str:
    """The text without the parts that it refers to by number."""
    return _NUMBERED.sub(" ", text)
