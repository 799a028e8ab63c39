"""Words that warn people of a danger to them."""

from __future__ import annotations

import re
from functools import cache

from daemon.lexicon.phrases import alternatives
from daemon.lexicon.spelling import plain

_WARNINGS = r"""
urgent (?:safety )?warning|safety (?:warning|alert|notice)|danger to life|life-threatening
do not (?:drink|eat|consume|use) (?:the |any |tap )?\w+|boil (?:all |your |tap )?(?:drinking )?water
boil[ -]water (?:notice|advisory)|product recall|recall notice|recalled (?:due to|because of)
evacuat(?:e|ed|ion)(?: order)?|shelter in place|state of emergency|public health (?:alert|warning)
lebensgefahr|gefahr für leib und leben|rückruf(?:aktion)?|produktrückruf|abkochgebot
trinkwasser abkochen|nicht (?:trinken|verzehren)|katastrophenalarm|unwetterwarnung|evakuier\w+
danger de mort|rappel de (?:produit|lot)s?|ne pas (?:boire|consommer)|eau non potable|évacuation
état d'urgence|alerte (?:sanitaire|enlèvement|rouge)|peligro de muerte|alerta sanitaria
no (?:beber|consumir)|retirada del (?:producto|mercado)|evacuación|estado de emergencia
pericolo di (?:morte|vita)|richiamo (?:di|del) prodott[oi]|non (?:bere|consumare)|evacuazione
stato di emergenza|perigo de (?:morte|vida)|recolha do produto|não (?:beber|consumir)|evacuação
levensgevaar|terugroepactie|niet (?:drinken|consumeren)|kookadvies|evacuatie|livsfara|livsfare
återkallelse|tilbagekaldelse|tilbakekalling|kokningsrekommendation|kokevarsel|hengenvaara
zagrożenie życia|wycofanie produktu|nie pić|ewakuacja|nebezpečí života|stažení z trhu|nepít
evakuace|опасно для жизни|угроза жизни|отзыв (?:продукции|партии)|эвакуация|не (?:пить|употреблять)
生命の危険|自主回収|避難指示|生命危险|产品召回|疏散
"""


def warning_in(text: str) -> str:
    """The first words of a text that warn of a danger; empty when none does."""
    found = _pattern().search(plain(text))
    return found.group() if found else ""


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{alternatives(_WARNINGS)})(?![a-zà-ž])")
