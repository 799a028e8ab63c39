"""Recognises security advisories: their numbers, what they speak of, and pages that list them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from daemon.lexicon.phrases import Guarded, Phrases, alternatives
from daemon.lexicon.spelling import plain

# Numbers that are given to vulnerabilities and to the advisories on them, and to nothing else.
_NUMBER = re.compile(
    r"(?<![\w-])(?:"
    r"CVE[-:\s]{1,2}\d{4}[-\s]\d{4,7}|CAN-\d{4}-\d{4}|GHSA(?:-\w{4}){3}"
    r"|(?:RH|EL|RL|AL|CE|OVM)SA[-\s:]{1,2}\d{4}[:-]\d{3,6}(?:-\d{1,3})?"
    r"|(?:D[SL]A|USN|LSN|XSA)-\d{2,4}(?:-\d{1,3})?|(?:MGASA|MDVSA|SSA)-\d{4}[-:]\d{2,4}"
    r"|(?:open)?SUSE-[SR]U-\d{4}:\d{3,5}(?:-\d)?|ALAS\d?-\d{4}-\d{2,5}|GLSA[-\s]\d{6}-\d\d"
    r"|FEDORA-\d{4}-[0-9a-f]{6,12}|(?:PYSEC|RUSTSEC|GO|HSEC|OSV|SNYK-\w{2,12})-\d{4}-\d{1,6}"
    r"|(?:JVNDB|CNVD|CNNVD|EUVD|AVD|BDU|WID-SEC|NCSC|VMSA|PAN-SA|FG-IR|ESB)[-:#]\d{2,6}[-.]\d{1,7}"
    r"|JVN#\d{6,10}|VU#\d{5,7}|MS[0-9]\d-\d{3}|ADV[0-9]\d{5}|APSB\d\d-\d{1,3}|ZDI-(?:CAN-)?\d\d-\d{2,5}"
    r"|ICS[AM]A?-\d\d-\d{3}-\d\d|SA-(?:CORE|CONTRIB|PROJECT)-\d{4}-\d{3}|TALOS-\d{4}-\d{4}"
    r"|CERTFR-\d{4}-(?:AVI|ALE|CTI|ACT)-\d{3,4}|cisco-sa-[\w-]{4,60}|MFSA[-\s]\d{4}-\d{1,3}"
    r"|TYPO3-(?:CORE|EXT|PSA)-SA-\d{4}-\d{3}|FreeBSD-SA-\d\d:\d\d(?:\.\w{1,20})?"
    r")(?![\w-])",
    re.IGNORECASE,
)
_SECURITY = re.compile(
    r"\b(?:security[\s-](?:\w+\s){0,2}?(?:fix\w*|patch\w*|release\w*|update\w*|issue\w*|bug\w*"
    r"|vulnerab\w*|advisor\w*|hole\w*|flaw\w*|bulletin\w*|incident\w*)"
    r"|vulnerabilit(?:y|ies)\b|zero-?day\b|remote code execution\b|data breach\b"
    r"|actively exploited\b|privilege escalation\b|(?:faille|correctif)s? de sécurité\b"
    r"|sicherheits(?:lücke|update|patch|korrektur|hinweis)\w*|schwachstelle\w*"
    r"|vulnérabilit\w+|vulnerabilidad\w*|vulnerabilit[àa]\w*|kwetsbaarhe\w+"
    r"|sårbarhet\w*|sårbarhed\w*|podatnoś\w+|luk[ai] w zabezpieczeniach\b|zranitelnost\w*"
    r"|haavoittuvuu\w+|sebezhetőség\w*|güvenlik açı\w+)"
    r"|уязвимост\w+|вразливіст\w+|вразливост\w+|脆弱性|漏洞|취약점",
    re.IGNORECASE,
)
NUMBERS = Guarded(
    _NUMBER,
    """
    cve can- ghsa rhsa elsa rlsa alsa cesa ovmsa dsa- dla- usn- lsn- xsa- mgasa mdvsa ssa- suse-
    alas glsa fedora- pysec- rustsec- go- hsec- osv- snyk- jvn cnvd cnnvd euvd avd bdu wid-sec ncsc
    vmsa pan-sa fg-ir esb vu# ms0 ms1 ms2 ms3 ms4 ms5 ms6 ms7 ms8 ms9 adv0 adv1 adv2 adv3 adv4 adv5
    adv6 adv7 adv8 adv9 apsb zdi- icsa icsm ics- sa-co sa-pr talos- certfr- cisco-sa- mfsa typo3-
    freebsd-sa-
    """.split(),
)
PHRASES = Guarded(
    _SECURITY,
    (
        "security|vulnerab|zero-day|zeroday|remote code|data breach|actively exploited"
        "|privilege escalation|sécurité|sicherheits|schwachstelle|vulnérab|kwetsbaarhe|sårbarhe"
        "|podatno|zabezpieczeniach|zranitelnost|haavoittuvuu|sebezhetőség|güvenlik|уязвимост"
        "|вразлив|脆弱性|漏洞|취약점"
    ).split("|"),
)
# What an entry of a list of advisories says of the fault.
_FAULTS = """
authentication bypass|auth bypass|bypass|buffer overflow|heap overflow|stack overflow|overflow
use after free|use-after-free|out-of-bounds|out of bounds|double free|memory corruption
code execution|arbitrary code|command injection|sql injection|code injection|injection
cross-site scripting|xss|csrf|ssrf|xxe|path traversal|directory traversal|denial of service|dos
denial-of-service|privilege escalation|elevation of privilege|information disclosure
information leak|data leak|spoofing|tampering|deserialization|request smuggling|open redirect
race condition|hard-coded credentials|hardcoded credentials|improper|insufficient verification
missing authorization|missing authentication|backdoor|malware|exploit|exploited|cvss|severity
unauthenticated|account takeover|ransomware|side channel|man-in-the-middle|pufferüberlauf
rechteausweitung|codeausführung|umgehung|informationsabfluss|dienstverweigerung|contournement
exécution de code|déni de service|élévation de privilèges|débordement
atteinte à la confidentialité|ejecución de código|denegación de servicio|escalada de privilegios
desbordamiento|inyección|esecuzione di codice|negazione del servizio|elusione|execução de código
negação de serviço|escalonamento de privilégios|uitvoeren van code|omzeilen|выполнение кода
отказ в обслуживании|повышение привилегий|обход|переполнение|任意のコード|サービス拒否|権限昇格
远程代码执行|拒绝服务|权限提升
越权|绕过|원격 코드|권한 상승
"""
_GRAVE = """
critical|actively exploited|exploited in the wild|zero-day|zero day|0-day|remote code execution
unauthenticated|emergency patch|kritisch|kritische|critique|crítica|crítico|critica|critico
kritiek|kritisk|krytyczna|krytyczny|kritická|kritikus|kriittinen|критическ*|критичн*|緊急|严重|高危|심각
"""
# Titles, headings and addresses of pages that list advisories.
_LISTS = r"""
security[ -](?:\w+[ -])?(?:advisory|advisories|bulletins?|announcements?|notices?|alerts?|updates?)
security[ -](?:\w+[ -])?(?:fixes|releases?|issues|vulnerabilities|notifications?|errata|warnings?)
(?:product|software|platform) security|vulnerability|vulnerabilities|advisories|cves?|psirt
known exploited|exploited vulnerabilities|schwachstellen
sicherheits(?:hinweise?|meldung|meldungen|warnung|warnungen|bulletins?|lücken?|updates?)
sicherheits(?:informationen|mitteilung|mitteilungen)
(?:bulletins?|avis|alertes?|failles?|mises? à jour) de sécurité|vulnérabilités
(?:boletín|boletines|avisos?|alertas?|actualizaciones) de seguridad|vulnerabilidades
(?:avvis[oi]|bollettin[oi]|aggiornament[oi]) di sicurezza|vulnerabilità
(?:avisos?|boletins|boletim|alertas?|atualizações) de segurança
beveiligings(?:adviezen|bulletins?|waarschuwing|waarschuwingen|updates?)|kwetsbaarheden
säkerhets(?:bulletiner|meddelanden|uppdateringar|varningar)|sårbarheter
sikkerheds(?:bulletiner|meddelelser|opdateringer|advarsler)|sårbarheder
(?:biuletyny?|komunikaty|ostrzeżenia|alerty) bezpieczeństwa|podatności
bezpečnostní (?:upozornění|bulletiny|aktualizace|oznámení|varování)|zranitelnosti
tietoturva(?:tiedotteet|päivitykset|varoitukset)|haavoittuvuudet
biztonsági (?:közlemények|figyelmeztetések|frissítések)
güvenlik (?:bültenleri|duyuruları|uyarıları)|уязвимости
(?:бюллетени|бюллетень|уведомления|обновления) безопасности
セキュリティ(?:情報|アドバイザリ|更新|通知)|脆弱性(?:情報|対策)?|安全(?:公告|通告|更新|建议)
漏洞(?:公告|列表|库)?|보안 (?:공지|권고|업데이트)
"""
_PATHS = re.compile(
    r"/(?:security|sa|advisor(?:y|ies)|cves?|psirt|vuln\w{0,15}|security[-_]\w{2,20}|errata|usn|dsa"
    r"|\w{0,10}sicherheit\w{0,12}|securite|seguridad|seguranca|sicurezza)(?:[/.?#]|$)",
    re.IGNORECASE,
)


_PAGE = re.compile(
    r"\W*(?:(?:it|cyber|product|software)?\W?security|(?:it-|cyber)?sicherheit|sécurité|seguridad"
    r"|sicurezza|segurança|beveiliging|säkerhet|sikkerhed|sikkerhet|bezpieczeństwo|bezpečnost"
    r"|tietoturva|biztonság|securitate|güvenlik|безопасность|безпека|セキュリティ|安全|보안)\W*",
    re.IGNORECASE,
)


@cache
def _faults() -> Phrases:
    return Phrases(_FAULTS)


@cache
def _grave() -> Phrases:
    return Phrases(_GRAVE)


@cache
def _lists() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{alternatives(_LISTS)})(?![^\W\d_])")


def advisory_numbers(text: str) -> list[str]:
    """The numbers of vulnerabilities and advisories in a text, as written, each once."""
    return list(dict.fromkeys(found.group() for found in NUMBERS.finditer(text)))


def security_phrases(text: str) -> list[str]:
    """The words of a text that speak of security faults and their mending, each once."""
    return list(dict.fromkeys(found.group() for found in PHRASES.finditer(text)))


def names_a_fault(text: str) -> bool:
    """Whether a short text says what is wrong, as an entry of a list of advisories does."""
    return _faults().are_in(plain(text))


def is_grave(text: str) -> bool:
    """Whether it says that a fault is critical or in use by attackers."""
    return _grave().are_in(plain(text))


def lists_advisories(name: str) -> bool:
    """Whether a title or a heading is that of a page of advisories."""
    return _lists().search(plain(name)) is not None


def is_on_security(address: str, names: Iterable[str]) -> bool:
    """Whether a page is on security by its address, or by a title or heading of that one word."""
    return _PATHS.search(address) is not None or any(map(_PAGE.fullmatch, names))
