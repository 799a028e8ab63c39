"""Advisories: known by their numbers anywhere, and by their words on pages that list them."""

from __future__ import annotations

import pytest

from daemon.analyse import judge
from daemon.extract import read
from daemon.lexicon.importance.advisories import (
    advisory_numbers,
    lists_advisories,
    security_phrases,
)
from daemon.model.change import ChangeType, Finding
from daemon.model.reading import State
from daemon.model.response import Document
from daemon.model.site import Rules
from tests.analyse.pages import PROSE, SEEN_AT, page

ROWS = (
    "<table><tr><th>Id</th><th>Title</th><th>Severity</th></tr>"
    "<tr><td>SB-2025-02</td><td>Denial of service in the importer</td><td>Low</td></tr></table>"
)
NEW = "<tr><td>SB-2025-03</td><td>Path traversal in archives</td><td>{}</td></tr><tr><td>SB-2025-02"


def judged(before: str, after: str, url: str = "http://site.test/") -> Finding:
    return judge(state_at(url, before), state_at(url, after), (), Rules(), None)


def state_at(url: str, body: str) -> State:
    document = Document(body.encode(), "text/html", "utf-8", url)
    return State(read(document, Rules()), document, SEEN_AT)


@pytest.mark.parametrize(
    ("severity", "level"), [("High", ChangeType.MAJOR), ("Critical", ChangeType.CRITICAL)]
)
def test_a_new_row_of_a_list_of_advisories_is_one(severity: str, level: ChangeType) -> None:
    before = page(f"<h2>Security bulletins</h2>{ROWS}{PROSE}", title="Bulletins")
    finding = judged(before, before.replace("<tr><td>SB-2025-02", NEW.format(severity)))
    assert (finding.change_type, finding.category) == (level, "security")


@pytest.mark.parametrize(
    "title",
    [
        "Security advisories",
        "Product Security Bulletins",
        "Sicherheitshinweise",
        "Avis de sécurité",
        "Boletines de seguridad",
        "Beveiligingsadviezen",
        "Komunikaty bezpieczeństwa",
        "Бюллетени безопасности",
        "脆弱性情報",
        "安全公告",
    ],
)
def test_a_page_of_advisories_is_known_by_its_title(title: str) -> None:
    assert lists_advisories(title)


def test_a_page_that_speaks_of_safety_lists_no_advisories() -> None:
    assert not lists_advisories("Privacy and security at our house")


@pytest.mark.parametrize(
    "number",
    """
    CVE-2024-1234|CVE: 2024-1234|CVE 2020 0601|GHSA-7f3c-9xqp-22vm|RHSA-2025:1042|DSA-5790-1
    DLA-3811-1|USN-7001-2|RUSTSEC-2024-0101|ELSA-2024-3138|ALAS2-2024-2500
    SUSE-SU-2024:0123-1|GLSA-202401-01
    FEDORA-2024-1a2b3c4d5e|MS17-010|APSB24-12|ZDI-24-123|ICSA-24-123-01|SA-CORE-2024-001|XSA-432
    CERTFR-2024-AVI-0123|VMSA-2024-0001|JVN#12345678|JVNDB-2024-000012|WID-SEC-2024-1234
    MFSA 2024-12
    """.strip()
    .replace("\n", "|")
    .split("|"),
)
def test_the_forms_of_numbers_are_read(number: str) -> None:
    number = number.strip()
    assert advisory_numbers(f"News: {number} is mended.") == [number]


@pytest.mark.parametrize("text", ["ISO-2024-1", "run-44", "Go-2024 edition", "RFC 9110", "AB-12"])
def test_other_numbers_are_none(text: str) -> None:
    assert advisory_numbers(text) == []


def test_a_page_named_security_lists_advisories_when_its_entries_are_such() -> None:
    items = "".join(
        f"<li>SA-2025-{n}: {what}</li>"
        for n, what in ((3, "XSS in the editor"), (2, "SQL injection"), (1, "path traversal"))
    )
    before = page(f"<ul>{items}</ul>{PROSE}", title="Security")
    after = before.replace("<ul><li>SA", "<ul><li>SA-2025-4: buffer overflow</li><li>SA")
    assert judged(before, after).category == "security"


def test_a_numbered_advisory_is_news_on_any_page() -> None:
    before = page(f"<ul><li>The installer is ready</li><li>Mirrors are back</li></ul>{PROSE}")
    after = before.replace("<li>The inst", "<li>USN-7001-2: kernel fixes</li><li>The inst")
    finding = judged(before, after)
    assert (finding.change_type, finding.category) == (ChangeType.MAJOR, "security")


def test_an_advisory_that_is_reworded_is_no_new_one() -> None:
    before = page(f"<h2>Security bulletins</h2>{ROWS}{PROSE}")
    finding = judged(before, before.replace("in the importer", "of the importer"))
    assert finding.category != "security"


@pytest.mark.parametrize(
    "text",
    """
    Security fixes|zero-day|zeroday|remote code execution|data breach|actively exploited
    privilege escalation|failles de sécurité|Sicherheitslücke|Schwachstellen|vulnérabilités
    vulnerabilidades|vulnerabilità|kwetsbaarheden|sårbarheter|podatności|luki w zabezpieczeniach
    zranitelnosti|haavoittuvuudet|sebezhetőségek|güvenlik açığı|Уязвимость|вразливості
    脆弱性|漏洞|취약점
    """.replace("\n", "|")
    .strip(" |")
    .split("|"),
)
def test_words_of_security_faults_are_found_in_every_language(text: str) -> None:
    assert security_phrases(f"Today: {text.strip()}.") == [text.strip()]
