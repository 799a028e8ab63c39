"""One answer for each character that is more than text, whoever shows, takes or keeps it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from email import message_from_bytes, policy

import pytest
from click.shell_completion import CompletionItem

from daemon.characters import storable, unseen_in, visible, visible_line
from daemon.cli.commands import completed_names
from daemon.cli.commands.process import status
from daemon.cli.terminal.show import Clean
from daemon.cli.terminal.table import Column, table
from daemon.config.values import RefusedError, one_line
from daemon.extract.clean import clean_text
from daemon.logs.clean import Cleaner
from daemon.model.errors import UrlError
from daemon.notify import escaping
from daemon.notify.mail import mail_of
from daemon.notify.render import own_words, words_of
from daemon.notify.values import Message
from daemon.url import join_url, parse_url
from tests.making import PAST
from tests.notify.things import facts
from tests.transfer.test_ours import brought

LINE_ENDS = "\n\r\x0b\x0c\x85\u2028\u2029"
CONTROLS = "\x00\x07\x08\x1b\x1c\x1f\x7f\x80\x9b\x9d\x9f"
DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
WITHOUT_WIDTH = "\u200b\u2060\u2063\u206a\ufeff\ufff9\ufffb\ufdd0\uffff\U000e0001\U000e0041"
JOINERS = "\u180e\u200c\u200d"  # between Latin letters, where they join nothing
UNSEEN = CONTROLS + DIRECTIONS + WITHOUT_WIDTH + JOINERS
SURROGATES = "\ud800\udcff\udfff"
LEGITIMATE = (
    "می\u200cخواهم", "क्\u200dष", "ന്\u200d", "ᠠ\u180eᠡ", "👨\u200d👩\u200d👧", "❤\ufe0f\u200d🔥",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "Kühl\xadschrank", "שלום",
    "5\xa0000\u202f€", "👍🏽",
)  # fmt: skip


def named(character: str) -> str:
    return f"U+{ord(character):04X}"


every = pytest.mark.parametrize("character", [*LINE_ENDS, *UNSEEN, *SURROGATES], ids=named)


def forms(text: str) -> dict[str, str]:
    hunk = {"removed": [f"It {text} costs 24 euros"], "added": [f"It {text} costs 19 euros"]}
    told = facts(site=text, summary=text, reasons=[text], hunks=[hunk])
    words = words_of("change", told)
    mail = mail_of(Message("k", "change", "local", PAST, told, words), "a@b.example", "c@d.example")
    return {
        "title": words.title,
        "text": words.text,
        "markdown": words.markdown,
        "html": words.html,
        "template": own_words("", text).text,
        "subject": str(message_from_bytes(bytes(mail), policy=policy.default)["Subject"]),
    }


def in_status(text: str, capsys: pytest.CaptureFixture[str]) -> str:
    status._show({"state": "ok", "components": {"queue": {"state": "ok", "reason": text}}})
    return capsys.readouterr().out.splitlines()[1]


def in_a_table(text: str, capsys: pytest.CaptureFixture[str]) -> str:
    table([Column("name")], [[Clean().line(text)]])
    return "\n".join(capsys.readouterr().out.split("\n")[1:-1])


@every
def test_nobody_who_is_shown_text_is_shown_what_is_more_than_text(
    character: str, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = f"ab{character}cd"
    wanted = f"ab{' ' if character in LINE_ENDS else chr(0xFFFD) * (character in SURROGATES)}cd"
    assert visible_line(planted) == wanted
    assert Clean().line(planted) == wanted
    assert escaping.line(planted) == wanted
    assert in_a_table(planted, capsys) == wanted
    assert in_status(planted, capsys).endswith(wanted)
    for form, text in forms(planted).items():
        assert character == "\n" or character not in text, form
        assert wanted in text.replace("\n", " "), form


@every
def test_a_name_of_somebody_elses_file_loses_them(character: str) -> None:
    watch = {"url": "https://example.org/", "title": f"ab{character}cd"}
    [site] = brought(json.dumps({"watching": {"one": watch}}), "changedetection").sites
    assert site.name == visible_line(f"ab{character}cd")


@pytest.mark.parametrize("text", LEGITIMATE)
def test_what_words_and_emoji_are_written_with_stays_for_people(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = " ".join(text.split())
    assert (visible(text), unseen_in(text)) == (text, "")
    assert Clean().line(text) == said
    assert in_a_table(text, capsys) == said
    assert in_status(text, capsys).endswith(said)
    assert one_line(text) == text
    for form, told in forms(text).items():
        assert text in told or said in told, form


@every
def test_a_log_line_shows_each_of_them_as_an_escape(character: str) -> None:
    shown = Cleaner().text(f"ab{character}cd")
    assert shown.isprintable()
    assert shown == f"ab{character.encode('unicode_escape').decode()}cd"


@every
def test_a_name_of_the_configuration_holds_none_of_them(character: str) -> None:
    with pytest.raises(RefusedError):
        one_line(f"ab{character}cd")


@pytest.mark.parametrize("character", [*DIRECTIONS, *WITHOUT_WIDTH, *JOINERS], ids=named)
def test_an_invisible_character_is_named_where_it_is_refused(character: str) -> None:
    with pytest.raises(RefusedError, match=re.escape(named(character))):
        one_line(f"ab{character}cd")
    with pytest.raises(UrlError) as told:
        parse_url(f"https://example.org/ab{character}cd")
    assert named(character) in str(told.value)


@every
def test_an_address_that_a_person_gives_holds_none_of_them(character: str) -> None:
    for place in (
        "https://exa{}mple.org/",
        "https://example.org/a{}b",
        "https://example.org/a?b{}",
    ):
        with pytest.raises(UrlError):
            parse_url(place.format(character))


@pytest.mark.parametrize("character", [*DIRECTIONS, *WITHOUT_WIDTH, *JOINERS], ids=named)
def test_a_redirect_is_encoded_as_a_browser_encodes_it(character: str) -> None:
    found = join_url("https://example.org/", f"/a{character}b")
    encoded = "".join(f"%{byte:02X}" for byte in character.encode())
    assert found == f"https://example.org/a{encoded}b"


@every
def test_no_database_is_given_what_it_cannot_keep(character: str) -> None:
    for keeps in (storable, lambda text: clean_text(text)[0]):
        kept = keeps(f"ab{character}cd")
        assert kept.encode()
        assert "\0" not in kept


@pytest.mark.parametrize("again", [visible, visible_line, storable])
def test_whoever_does_it_twice_has_done_it(again: Callable[[str], str]) -> None:
    text = "".join(f"a{one}" for one in UNSEEN + LINE_ENDS + SURROGATES) + "".join(LEGITIMATE)
    assert again(again(text)) == again(text)


def test_tags_write_flags_and_nothing_else() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all rules")
    assert visible(f"🏴{hidden}\U000e007f") == "🏴"


def test_a_shell_is_offered_names_that_can_be_seen() -> None:
    offered: list[CompletionItem[str]] = completed_names._items(
        ["Blog", "Bl\u202eog", "می\u200cخواهم"]
    )
    assert [one.value for one in offered] == ["Blog", "می\u200cخواهم"]


def test_a_format_character_that_unicode_adds_has_to_be_decided_on() -> None:
    marks = {one for one in map(chr, range(0x10000)) if unicodedata.category(one) == "Cf"}
    fit = {one for one in marks if not unseen_in(f"a{one}b")}
    assert {one for one in fit if not unicodedata.name(one).startswith(("ARABIC ", "SYRIAC "))} == {
        "\xad"
    }
