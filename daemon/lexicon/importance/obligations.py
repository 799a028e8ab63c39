"""Recognises the words that bind, must and may, not and only, and parts of a text that do not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from daemon.lexicon.phrases import alternatives
from daemon.lexicon.spelling import plain

NOT, MUST, SHOULD, MAY, ONLY, ALL, EXCEPT = "not", "must", "should", "may", "only", "all", "except"

# Words of one line of a group say the same, in whatever language.
_OPERATORS = {
    NOT: """
not no never neither none cannot without nobody nothing nicht kein keine keinen keinem keiner keines
nie niemals ohne pas aucun aucune jamais sans nunca ningún ninguna jamás sin non nessun nessuna
nessuno senza não nenhum nenhuma sem niet geen nooit zonder inte ingen inget inga aldrig utan ikke
intet uden bez żaden żadna żadnych nigdy není nejsou nikdy žádný žádné nesmí nelze ei eivät ilman
nem nincs soha fără niciun nicio değil yok olmadan не нет без никогда ні немає 不 无 無 未 沒 没 禁
""",
    MUST: """
must shall required obliged mandatory muss müssen verpflichtet doit doivent obligatoire debe deben
obligatorio obligatoria deve devono obbligatorio devem obrigatório moet moeten verplicht måste skal
musi muszą musí musejí täytyy kell trebuie zorunlu должен должна должны обязан обязаны повинен 必
""",
    SHOULD: """
should recommended ought sollte sollten devrait devraient debería deberían dovrebbe dovrebbero
deveria deveriam bör pitäisi рекомендуется
""",
    MAY: """
may might optional permitted darf dürfen peut peuvent puede pueden può possono pode podem mag mogen
får może mogą může smí saa voi может могут вправе може
""",
    ONLY: """
only solely exclusively nur ausschließlich lediglich seulement uniquement exclusivement solo sólo
solamente únicamente exclusivamente soltanto esclusivamente somente apenas alleen uitsluitend
slechts endast bara enbart kun tylko wyłącznie jedynie pouze jen vain ainoastaan csak kizárólag doar
numai yalnızca sadece только исключительно лише тільки 仅 のみ
""",
    ALL: """
all any each every entire alle jeder jede jedes sämtliche tous toutes chaque todos todas cada
cualquier tutti tutte ogni qualsiasi qualquer elke ieder iedere alla varje hver wszystkie wszystkich
każdy všechny každý kaikki minden toate fiecare tüm her все всех каждый любой усі
""",
    EXCEPT: """
except excluding unless außer ausgenommen sauf excepté hormis salvo excepto eccetto tranne exceto
behalve tenzij utom förutom undtagen medmindre wyjątkiem kromě paitsi kivéve exceptând hariç кроме
исключением крім
""",
}
_NEGATED = frozenset("don doesn didn won isn aren wasn can couldn shouldn mustn needn".split())
# How a paragraph begins that only explains.
_ASIDE = re.compile(
    r"^\W{0,4}(?:notes?|examples?|issue|tip|editor's note|ed\. note|non-normative|informative"
    r"|beispiel|hinweis|anmerkung|exemple|remarque|ejemplo|nota|esempio|exemplo|voorbeeld|opmerking|exempel"
    r"|eksempel|przykład|uwaga|příklad|poznámka|пример|примечание|例|注意?)"
    r"(?:\W{0,2}\d{1,3})?\s{0,2}[:：.)\]—–-]|^\[[A-Z0-9][\w.-]{1,30}\](?:[:.]|\s|$)",
    re.IGNORECASE,
)
# Headings of parts that bind nobody.
_ASIDES = r"""
acknowledge?ments?|credits|contributors|(?:in)?formative references|normative references|references
bibliography|further reading|see also|examples?|notes?|index|change ?log|changes(?: since .*)?
revision history|document history|history|authors' addresses|editors|status of this document
table of contents|contents|feedback|dependencies|terms defined by (?:this specification|reference)
danksagung|literatur|literaturverzeichnis|beispiele?|anmerkungen|änderungsverlauf|inhalt
remerciements|références|bibliographie|exemples?|sommaire|agradecimientos|referencias|ejemplos?
ringraziamenti|riferimenti|bibliografia|esempi|agradecimentos|referências|exemplos?
dankwoord|referenties|voorbeelden|bronnen|podziękowania|przykłady|poděkování|příklady
благодарности|ссылки|примеры|литература|謝辞|参考文献|致谢|参考资料
"""
_NUMBERING = re.compile(r"^[\W\d]*(?:(?:appendix|annex|anhang|annexe)\s\w\W{0,3})?(?:[a-z]\.\s)?")


@cache
def _groups() -> Mapping[str, str]:
    return {word: group for group, text in _OPERATORS.items() for word in text.split()}


def operators(words: Iterable[str]) -> Counter[str]:
    """How often each group of binding words is among words in small letters."""
    known, found, before = _groups(), Counter[str](), ""
    for word in words:
        group = known.get(word) or (NOT if word == "t" and before in _NEGATED else None)
        if group is not None:
            found[group] += 1
        before = word
    return found


def shifted(gone: Iterable[str], came: Iterable[str]) -> frozenset[str]:
    """The groups of binding words of which one text has more than the other."""
    old, new = operators(gone), operators(came)
    return frozenset(group for group in old | new if old[group] != new[group])


def obliges(words: Iterable[str]) -> bool:
    """Whether some of the words say that something must, should or may be."""
    return not operators(words).keys().isdisjoint((MUST, SHOULD, MAY))


def is_aside(text: str) -> bool:
    """Whether a paragraph says of itself that it only explains: a note, an example, a reference."""
    return _ASIDE.match(text) is not None


@cache
def _names() -> re.Pattern[str]:
    return re.compile(rf"(?:{alternatives(_ASIDES)})\W*$")


def opens_aside(heading: str) -> bool:
    """Whether what stands under a heading binds nobody: thanks, references, examples."""
    return _names().match(_NUMBERING.sub("", plain(heading))) is not None
