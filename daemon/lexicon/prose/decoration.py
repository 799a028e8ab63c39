"""What is said about a link or to a screen reader: no part of what a page tells."""

from __future__ import annotations

import re

_PHRASES = re.compile(
    r"[\s ]*[(\[（]?\s?(?:\b(?:link\s)?(?:opens?|opening|will\sopen)\s(?:in|into)\s(?:a\s|an\s)?"
    r"(?:new|another|external|separate)\s(?:window|tab|browser)(?:\sor\stab)?"
    r"|\bnew\swindow\b|\bexternal\s(?:link|site)\b"
    r"|\b(?:öffnet\s(?:sich\s)?)?(?:in|im)\s(?:einem\s)?neue[nm]\s(?:fenster|tab)(?:\sgeöffnet)?"
    r"|\b(?:s.)?ouvre\sdans\s(?:une?\s)?(?:nouvel(?:le)?|autre)\s(?:fenêtre|onglet)|\bnouvelle\sfenêtre"
    r"|\bse\sabre\sen\s(?:una\s)?(?:nueva\s)?(?:ventana|pestaña)(?:\snueva)?"
    r"|\bsi\sapre\sin\s(?:una\s)?(?:nuova\s)?(?:finestra|scheda)(?:\snuova)?"
    r"|\babre\s(?:em|numa)\s(?:uma\s)?(?:nova\s)?(?:janela|aba)"
    r"|\bopent\sin\s(?:een\s)?nieuw\s(?:venster|tabblad)"
    r"|新しい(?:ウィンドウ|タブ)で開(?:く|きます)|在新(?:窗口|标签页)中?打开|открывается\sв\sновом\sокне)"
    r"\s?[)\]）]?(?=\s|$|[.,;:!?)])",
    re.IGNORECASE,
)
# One of them is in each: looking for these first takes a tenth of the time.
_HINTS = tuple(
    """window browser tab external fenster fenêtre onglet ventana pestaña finestra scheda janela aba
    venster 開 打开 окне""".split()
)
_TEMPLATES = re.compile(
    r"\{%.{0,200}?%\}|<%.{0,200}?%>|\$\{[\w.]{1,60}\}|\{\{\{?\s?(?:#|/)?[\w.]{1,60}\s\}?\}\}"
    r"|<!--.{0,500}?-->|\[/?[a-z]{2,20}(?:\s[a-z_]{1,20}=[^\]]{0,80})?\](?!\()"
)
# One address, with nothing said about it.
_ADDRESS = re.compile(
    r"\W{0,3}(?:https?://\S{1,2000}|(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?:/\S{0,500})?)\W{0,3}",
    re.IGNORECASE,
)
# The target of a link in a source, the key of a value, brackets.
_REMAINS = re.compile(
    r"\[[^\]]{1,120}\]:\s*\S{1,500}|[\[{\s]*[\"'][\w.$-]{1,60}[\"']\s?:\s?[\[{]?\s?"
    r"|[\[\]{}(),;\s\"']{1,20}"
)


def undecorated(text: str) -> str:
    """The text without what is said about its links, and without remains of templates."""
    if _REMAINS.fullmatch(text):
        return ""
    if "{" in text or "<" in text or "[" in text:
        text = _TEMPLATES.sub(" ", text)
    plain = text.lower()
    return _PHRASES.sub("", text).strip() if any(hint in plain for hint in _HINTS) else text


def is_address(text: str) -> bool:
    """Whether a text is an address alone."""
    return _ADDRESS.fullmatch(text) is not None
