"""Classifies a page as a legal, technical or plain text."""

from __future__ import annotations

import re

from daemon.lexicon.phrases import by_first_letter

_LEGAL_WORDS = (
    r"terms|conditions|privacy|policy|policies|agreement|legal|imprint|cookies?|gdpr|eula"
    r"|licen[cs]e|liab\w+|arbitration|indemni\w+|jurisdiction|third part\w+|personal data"
    r"|guidelines|seller|marketplace"
    r"|mentions légales|confidentialité|cgu|cgv|données personnelles|contrat|responsabilité|tiers"
    r"|datenschutz\w*|agb|nutzungsbedingungen|impressum|haftung|vertrag\w*|widerruf\w*|personenbezogen\w*"
    r"|términos|condiciones|privacidad|aviso legal|contrato|datos personales|responsabilidad"
    r"|termini|condizioni|contratto|dati personali|termos|privacidade|dados pessoais"
    r"|voorwaarden|privacybeleid|overeenkomst|regulamin\w*|umow\w+|polityka|podmínky|smlouv\w+"
    r"|podmienky|uvjeti|pogoji|taisyklės|vilkår|villkor|ehdot|feltételek|ászf|termeni|условия|όροι"
)
# Of a text in lower case: to heed both takes three times as long.
_LEGAL = re.compile(rf"\b(?:{by_first_letter(_LEGAL_WORDS)})\b")
_TECHNICAL = re.compile(
    r"\b(?:MUST|SHOULD|algorithm|attributes?|interface|user agent|normative|specification|IDL"
    r"|parameters?|methods?|returns?|undefined|boolean|enum|API|endpoint|functions?|dictionary)\b"
)
_LEGAL_SHARE = 0.008
_TECHNICAL_SHARE = 0.012
_ENOUGH = 5
_SEVERAL = 3
LEGAL = "legal"
TECHNICAL = "technical"
PLAIN = "plain"


def genre_of(title: str, text: str) -> str:
    """Legal when the text is about terms, technical when about interfaces, else plain."""
    words = text.count(" ") + 1
    terms = _TECHNICAL.findall(text)
    # One of the words, however often, is the subject of a plain text.
    technical = len(terms) if len(set(terms)) >= _SEVERAL else 0
    legal = len(_LEGAL.findall(text.lower()))
    if technical > max(_TECHNICAL_SHARE * words, _ENOUGH) and technical > legal:
        return TECHNICAL
    if legal > max(_LEGAL_SHARE * words, _ENOUGH) or _LEGAL.search(title.lower()):
        return LEGAL
    return PLAIN
