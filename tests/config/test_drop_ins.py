"""Files of `config.d` that add to the configuration beside them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.config import Config, find_config, load, load_logging
from daemon.config.reading.origins import origins_of
from daemon.model.errors import ConfigError

Write = Callable[..., None]

SITE = '[[site]]\nname = "{0}"\nurl = "https://example.org/{0}"\n'


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes config.toml, and drop-ins by their names without the ending."""
    monkeypatch.chdir(tmp_path)

    def to_files(text: str, **others: str) -> None:
        (tmp_path / "config.toml").write_text(text)
        (tmp_path / "config.d").mkdir(exist_ok=True)
        for name, other in others.items():
            (tmp_path / "config.d" / f"{name}.toml").write_text(other)

    return to_files


def loaded(environ: dict[str, str] | None = None) -> Config:
    return load(Path("config.toml"), environ or {})


def said(environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loaded(environ)
    return str(raised.value).splitlines()


def test_sites_of_all_files_add_up_in_the_order_of_their_names(write: Write) -> None:
    write(SITE.format("a"), z20=SITE.format("d"), b10=SITE.format("b") + SITE.format("c"))
    assert [site.name for site in loaded().sites] == ["a", "b", "c", "d"]


def test_tables_merge_and_the_later_file_wins(write: Write) -> None:
    write(
        "[fetch]\nper_host = 3\nconcurrency = 5\nallow_networks = ['10.0.0.0/8']\n",
        a="[fetch]\nconcurrency = 6\nallow_networks = ['192.168.0.0/16']\n",
        b="[fetch]\nconcurrency = 7\n[logging]\nlevel = 'debug'\n",
    )
    config = loaded()
    assert (config.fetch.per_host, config.fetch.concurrency) == (3, 7)
    assert config.fetch.allow_networks == ("192.168.0.0/16",)
    assert config.logging.level == "debug"


def test_a_site_type_merges_option_by_option(write: Write) -> None:
    write(
        "[site_types.blog]\nexclude = ['.ads']\nheaders = { Cookie = 'a', Accept = 'b' }\n",
        more="[site_types.blog]\ncheck_frequency = '6h'\nheaders = { Cookie = 'c' }\n",
    )
    blog = loaded().site_types["blog"]
    assert (blog.main_content, blog.exclude, blog.check_frequency) == (True, (".ads",), "6h")
    assert list(blog.headers) == ["Cookie"]


def test_the_environment_wins_over_all_files(write: Write) -> None:
    write("", a="[fetch]\nper_host = 3\n")
    assert loaded({"CHANGELOGGER__FETCH__PER_HOST": "4"}).fetch.per_host == 4


def test_references_are_filled_in_each_file(write: Write) -> None:
    write(SITE.format("a"), a=SITE.format("b") + 'headers = { Accept = "${WORD}" }\n')
    [_, second] = loaded({"WORD": "text/html"}).sites
    assert second.headers["Accept"].get_secret_value() == "text/html"


def test_other_files_of_the_folder_are_none_of_ours(write: Write, tmp_path: Path) -> None:
    write(SITE.format("a"))
    for name in ("README", "off.toml.disabled", ".#lock.toml", ".hidden.toml", "old.toml~"):
        (tmp_path / "config.d" / name).write_text("no configuration")
    assert len(loaded().sites) == 1


def test_a_fault_names_its_file_and_its_place_there(write: Write) -> None:
    write(SITE.format("a"), shop=SITE.format("b") + SITE.format("c") + "colour = 1\n")
    [fault] = said()
    assert fault.startswith("config.d/shop.toml:7: site[1].colour: is not a known option")


def test_the_same_site_in_two_files_is_named_with_both_places(write: Write) -> None:
    write("# none\n", a=SITE.format("x"), b=SITE.format("y") + SITE.format("x"))
    [fault] = said()
    assert fault == 'config.d/b.toml:5: site[1].name: "x" is already used at config.d/a.toml:2'


def test_all_broken_files_are_told_at_once(write: Write) -> None:
    write("[fetch\n", a="[[site]]\nname = \n", b="[fetch]\nper_host = 0\n")
    assert [line.split(":")[0] for line in said()] == [
        "config.toml", "config.d/a.toml", "config.d/b.toml",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "at_fault"),
    [
        (SITE.format("a"), '[site]\nname = "b"\n', "config.d/x.toml:1"),
        ('[site]\nname = "b"\n', SITE.format("a"), "config.toml:1"),
        ("[fetch]\nper_host = 1\n", "fetch = 3\n", "config.d/x.toml:1"),
        ("fetch = 3\n", "[fetch]\nper_host = 1\n", "config.toml:1"),
        ("site_types.blog = 3\n", "[site_types.blog]\n", "config.toml:1"),
        ("[site_types.blog]\n", "site_types.blog = 3\n", "config.d/x.toml:1"),
    ],
)
def test_a_table_of_the_wrong_kind_is_a_fault_in_either_file(
    write: Write, first: str, second: str, at_fault: str
) -> None:
    write(first, x=second)
    assert said()[0].startswith(f"{at_fault}: ")


def test_a_drop_in_that_cannot_be_read_is_a_fault(write: Write, tmp_path: Path) -> None:
    write(SITE.format("a"))
    (tmp_path / "config.d" / "gone.toml").symlink_to("nowhere.toml")
    (tmp_path / "config.d" / "sub.toml").mkdir()
    (tmp_path / "config.d" / "text.toml").write_bytes(b"\xff\xfe")
    assert [line.split(" (")[0] for line in said()] == [
        "config.d/gone.toml: there is no such file",
        "config.d/sub.toml: is a directory",
        "config.d/text.toml: is UTF-16 text",
    ]


def test_a_pipe_is_never_waited_for(write: Write, tmp_path: Path) -> None:
    write(SITE.format("a"))
    os.mkfifo(tmp_path / "config.d" / "pipe.toml")
    assert said()[0].startswith("config.d/pipe.toml: is no file that can be read again")


def test_a_folder_that_is_none_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "config.d").write_text("")
    assert said()[0].startswith("config.d: is no folder")


def test_drop_ins_without_a_file_to_add_to_are_not_passed_over(
    write: Write, tmp_path: Path
) -> None:
    write("", a=SITE.format("a"))
    (tmp_path / "config.toml").unlink()
    path = find_config({"HOME": str(tmp_path / "home")}, tmp_path)
    assert path == tmp_path / "config.toml"
    with pytest.raises(ConfigError, match=r"no such file.*config\.d adds to it"):
        load(path, {})
    (tmp_path / "home/.config/changelogger").mkdir(parents=True)
    (tmp_path / "home/.config/changelogger/config.toml").touch()
    found = find_config({"HOME": str(tmp_path / "home")}, tmp_path)
    assert found == tmp_path / "home/.config/changelogger/config.toml"


def test_logging_is_read_from_a_drop_in_beside_a_broken_file(write: Write) -> None:
    write("[fetch\n", a="[logging]\nlevel = 'error'\n")
    assert load_logging(Path("config.toml"), {}).level == "error"


def test_a_process_of_its_own_needs_no_secrets_of_other_sections(write: Write) -> None:
    write(
        """
        [browser]
        socket = "${PLACE}/b.sock"
        [mail]
        password_file = "/nowhere/secret"
        [[site]]
        url = "https://example.org"
        headers = { authorization = "${TOKEN}" }
        """,
        a="[logging]\nlevel = 'error'\n",
    )
    environ = {
        "PLACE": "/run",
        "CHANGELOGGER__WEB__PORTT": "1",
        "CHANGELOGGER__BROWSER__PAGES": "3",
    }
    with pytest.raises(ConfigError, match="TOKEN"):
        load(Path("config.toml"), environ)
    config = load(Path("config.toml"), environ, only=("browser", "logging"))
    assert (config.browser.socket, config.browser.pages) == ("/run/b.sock", 3)
    assert config.logging.level == "error"
    assert not config.sites
    with pytest.raises(ConfigError, match="CHANGELOGGER__BROWSER__PAGE"):
        load(None, {"CHANGELOGGER__BROWSER__PAGE": "3"}, only=("browser", "logging"))


def test_a_blank_file_among_others_is_remembered(write: Write) -> None:
    write("# none\n", a="\n")
    assert loaded().blank_file == "config.d/a.toml"


def test_each_value_knows_where_it_comes_from(write: Write) -> None:
    write(
        "[site_types.blog]\ncheck_frequency = '3h'\n" + SITE.format("a"),
        x=SITE.format("b") + "type = 'blog'\nexclude = ['.ad']\n[mail]\npassword_file = 'p'\n",
    )
    Path("p").write_text("word")
    environ = {"CHANGELOGGER__FETCH__PER_HOST": "4"}
    origins = origins_of(loaded(environ), Path("config.toml"), environ)
    assert origins.table("site", "b") == "config.d/x.toml:1"
    assert origins.of("site", "b", "exclude") == "config.d/x.toml:5"
    assert origins.of("site", "b", "check_frequency") == "type blog, config.toml:2"
    assert origins.of("site", "b", "main_content") == "type blog, built in"
    assert origins.of("site", "a", "check_frequency") == ""
    assert origins.at(("mail", "password")) == "config.d/x.toml:7"
    assert origins.at(("fetch", "per_host")) == "CHANGELOGGER__FETCH__PER_HOST"
    assert origins.at(("fetch", "concurrency")) == ""
