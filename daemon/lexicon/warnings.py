"""Recognises words that warn people of a danger."""

from __future__ import annotations

import re
from functools import cache

from daemon.lexicon.phrases import alternatives
from daemon.lexicon.spelling import plain

# Only what is said to people in danger: an evacuation may be of a drain, a Rückruf a call back, and
# what is not to be used may be a method.
_WARNINGS = r"""
urgent (?:safety )?warning|safety (?:warning|alert)|danger to life|life-threatening
do not (?:drink|eat|consume) (?:the |any |tap )?\w+|boil (?:all |your |tap )?(?:drinking )?water
boil[ -]water (?:notice|advisory)|product recall|recall notice|recalled (?:due to|because of)
evacuation (?:orders?|warnings?|zones?)|evacuate (?:now|immediately|the area|your home)
(?:were|being|been|must be) evacuated
shelter in place|state of emergency|public health (?:alert|warning)
lebensgefahr|gefahr für leib und leben|(?:produkt)?rückrufaktion|produktrückruf|abkochgebot
trinkwasser abkochen|nicht (?:trinken|verzehren)|katastrophenalarm|unwetterwarnung
(?:wird|werden|wurden?) evakuiert
danger de mort|rappel de (?:produit|lot)s?|ne pas (?:boire|consommer)|eau non potable
(?:ordre|avis) d'évacuation|état d'urgence|alerte (?:sanitaire|enlèvement|rouge)
peligro de muerte|alerta sanitaria|no (?:beber|consumir)|retirada del mercado
orden de evacuación|estado de emergencia
pericolo di (?:morte|vita)|richiamo (?:di|del) prodott[oi]|non (?:bere|consumare)
ordine di evacuazione|stato di emergenza|perigo de (?:morte|vida)|recolha do produto
não (?:beber|consumir)|ordem de evacuação
levensgevaar|terugroepactie|niet (?:drinken|consumeren)|kookadvies|evacuatiebevel|livsfara|livsfare
kokningsrekommendation|kokevarsel|hengenvaara
zagrożenie życia|wycofanie produktu|nie pić|zarządzono ewakuację|nebezpečí života|stažení z trhu
nepít|nařízena evakuace|опасно для жизни|угроза жизни|отзыв (?:продукции|партии)
объявлена эвакуация|не (?:пить|употреблять)
生命の危険|自主回収|避難指示|生命危险|产品召回|紧急疏散
"""


def warning_in(text: str) -> str:
    """The first words of a text that warn of a danger; empty when there are none."""
    found = _pattern().search(plain(text))
    return found.group() if found else ""


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{alternatives(_WARNINGS)})(?![a-zà-ž])")
