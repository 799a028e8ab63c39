"""Edits of the configuration's file: noticed when it is whole, refused when it says nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daemon.config import Config, load
from daemon.model.errors import ConfigError
from daemon.runtime.live_config.watcher import Edits

SITE = '[[site]]\nname = "News"\nurl = "https://example.org/news"\n'
BROKEN = {
    "cut off in a string": '[[site]]\nname = "Ne',
    "cut off in a table": "[[site",
    "cut off in a list": "[fetch]\nallow_networks = [",
    "an unknown section": "[fetcher]\n",
    "an unknown option": "[fetch]\nconcurency = 3\n",
    "a wrong type": '[fetch]\nconcurrency = "many"\n',
    "out of range": "[fetch]\nconcurrency = 0\n",
    "a site without a URL": '[[site]]\nname = "News"\n',
    "a URL that is none": SITE.replace("https://", "nowhere "),
    "two sites of one name": SITE + SITE,
    "an owner who is not there": SITE + 'owner = "nobody"\n',
    "a table said twice": "[fetch]\n[fetch]\n",
    "a key said twice": "[fetch]\nper_host = 1\nper_host = 2\n",
    "a variable that is not set": '[mail]\nhost = "${NO_SUCH_VARIABLE}"\n',
    "a file of secrets that is not there": '[mail]\npassword_file = "/no/such/file"\n',
    "bytes that are no text": b"\xff\x00\xfe",
    "another encoding": SITE.encode("utf-16"),
    "nothing but zeros": b"\0" * 64,
    "a pattern that is none": SITE + "ignore = ['(']\n",
    "empty": "",
    "blank": " \n\n",
}


def edits_of(path: Path) -> Edits:
    def find() -> Path | None:
        return path if os.path.lexists(path) else None

    def settle(config: Config) -> type[str]:
        return str

    return Edits(find, lambda found: load(found, {}), settle)


def write(path: Path, content: str | bytes) -> None:
    """As a careful editor does it: beside the old file, and then in its place."""
    beside = path.with_suffix(".new")
    beside.write_bytes(content if isinstance(content, bytes) else content.encode())
    beside.replace(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "config.toml"
    found.write_text(SITE)
    return found


def names(config: Config | None) -> list[str]:
    assert config is not None
    return [site.name for site in config.sites]


def test_a_file_that_nobody_edits_is_not_read_again(path: Path) -> None:
    edits = edits_of(path)
    assert not any(edits.look() for _ in range(3))


async def test_an_edit_is_read_once_two_looks_see_the_same(path: Path) -> None:
    edits = edits_of(path)
    write(path, SITE.replace("News", "Blog"))
    assert not edits.look()
    assert edits.look()
    assert names(await edits.read()) == ["Blog"]
    assert not edits.look()


def test_a_file_that_is_still_written_is_waited_for(path: Path) -> None:
    edits = edits_of(path)
    for size in range(1, 5):
        path.write_text(SITE[:size])
        assert not edits.look()


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_edit_is_refused_once_and_the_next_good_one_is_taken(
    content: str | bytes, path: Path
) -> None:
    edits = edits_of(path)
    write(path, content)
    assert [edits.look(), edits.look()] == [False, True]
    with pytest.raises(ConfigError):
        await edits.read()
    assert not edits.look()
    write(path, SITE)
    assert [edits.look(), edits.look()] == [False, True]
    assert names(await edits.read()) == ["News"]


async def test_a_file_that_is_deleted_is_a_fault_until_it_is_back(path: Path) -> None:
    edits = edits_of(path)
    path.unlink()  # noqa: ASYNC240  # nothing else runs on this loop
    assert [edits.look(), edits.look()] == [False, True]
    with pytest.raises(ConfigError, match="no such file"):
        await edits.read()
    write(path, SITE)
    assert [edits.look(), edits.look()] == [False, True]


async def test_links_that_are_turned_are_followed(tmp_path: Path) -> None:
    for version, name in (("1", "Old"), ("2", "New")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "config.toml").write_text(SITE.replace("News", name))
    (tmp_path / "current").symlink_to("1")
    path = tmp_path / "config.toml"
    path.symlink_to("current/config.toml")
    edits = edits_of(path)
    (tmp_path / "next").symlink_to("2")
    (tmp_path / "next").replace(tmp_path / "current")
    assert [edits.look(), edits.look()] == [False, True]
    assert names(await edits.read()) == ["New"]


async def test_who_asks_many_times_is_answered_once(path: Path) -> None:
    edits = edits_of(path)
    for _ in range(50):
        edits.ask()
    assert edits.look()
    assert names(await edits.read()) == ["News"]
    assert not edits.look()


async def test_a_file_that_comes_later_is_found(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    edits = edits_of(path)
    assert not edits.look()
    write(path, SITE)
    assert [edits.look(), edits.look()] == [False, True]
    assert names(await edits.read()) == ["News"]


async def test_a_blank_file_is_meant_only_until_it_said_something(path: Path) -> None:
    write(path, "")
    edits = edits_of(path)
    for content in (" ", SITE):
        write(path, content)
        assert [edits.look(), edits.look()] == [False, True]
        assert await edits.read() is not None
    write(path, "")
    assert [edits.look(), edits.look()] == [False, True]
    with pytest.raises(ConfigError, match="is empty"):
        await edits.read()


def drop_in(path: Path, name: str, text: str) -> Path:
    (path.parent / "config.d").mkdir(exist_ok=True)
    file = path.parent / "config.d" / name
    write(file, text)
    return file


async def test_a_drop_in_is_followed_from_its_coming_to_its_going(path: Path) -> None:
    edits = edits_of(path)
    file = drop_in(path, "more.toml", SITE.replace("News", "Blog"))
    assert [edits.look(), edits.look()] == [False, True]
    assert names(await edits.read()) == ["News", "Blog"]
    write(file, SITE.replace("News", "Docs"))
    assert [edits.look(), edits.look()] == [False, True]
    assert names(await edits.read()) == ["News", "Docs"]
    file.unlink()
    assert [edits.look(), edits.look()] == [False, True]
    assert names(await edits.read()) == ["News"]
    assert not edits.look()


@pytest.mark.parametrize("text", ["[[site", SITE, "[fetcher]\n"])
async def test_a_faulty_drop_in_is_refused_by_its_name(text: str, path: Path) -> None:
    edits = edits_of(path)
    drop_in(path, "more.toml", text)
    assert [edits.look(), edits.look()] == [False, True]
    with pytest.raises(ConfigError, match=r"config\.d/more\.toml:"):
        await edits.read()
    assert not edits.look()


async def test_a_drop_in_that_is_blank_all_at_once_is_an_accident(path: Path) -> None:
    file = drop_in(path, "more.toml", SITE.replace("News", "Blog"))
    edits = edits_of(path)
    write(file, "")
    assert [edits.look(), edits.look()] == [False, True]
    with pytest.raises(ConfigError, match=r"more\.toml: is empty"):
        await edits.read()
    file.unlink()
    drop_in(path, "new.toml", "")
    assert [edits.look(), edits.look()] == [False, True]
    assert names(await edits.read()) == ["News"]


async def test_what_an_editor_leaves_in_the_folder_is_no_edit(path: Path) -> None:
    drop_in(path, "more.toml", SITE.replace("News", "Blog"))
    edits = edits_of(path)
    (path.parent / "config.d" / ".more.toml.swp").write_text("b0VIM")
    (path.parent / "config.d" / "4913").touch()
    assert not any(edits.look() for _ in range(3))


async def test_a_folder_of_drop_ins_that_is_none_is_a_fault(path: Path) -> None:
    edits = edits_of(path)
    (path.parent / "config.d").write_text("")
    assert [edits.look(), edits.look()] == [False, True]
    with pytest.raises(ConfigError, match="is no folder"):
        await edits.read()
