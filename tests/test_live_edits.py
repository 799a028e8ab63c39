"""A daemon at work whose configuration is edited under it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fetch.proxies import PASSWORD, USER, proxying
from tests.living import Life, config, running
from tests.loopback import Site, serving

PAGE = "<title>News</title><p>The library opens at nine.</p>"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(page=PAGE, other=PAGE, slow=PAGE) as site:
        yield site


def write(folder: Path, text: str) -> None:
    (folder / "new").write_text(text)
    (folder / "new").replace(folder / "config.toml")


def watching(site: Site, *paths: str, every: str = "1s") -> str:
    return config(*((path, site.url(path)) for path in paths), every=every)


def is_(line: dict[str, object], event: str) -> bool:
    return line.get("event") == event


async def checked_again(life: Life, name: str) -> None:
    so_far = sum(is_(line, "checked") and line["site"] == name for line in life.said)
    await life.until_several(so_far + 1, "checked", site=name)


async def test_a_check_under_way_ends_as_it_began(
    tmp_path: Path, site: Site, sqlite_url: str
) -> None:
    site.held = asyncio.Event()
    write(tmp_path, watching(site, "/slow", every="1h"))
    async with running(tmp_path, sqlite_url) as life:
        await site.arrived.wait()
        edit = watching(site, "/slow", every="1h").replace("per_host = 64", "per_host = 3")
        write(tmp_path, edit)
        applied = await life.until("config_applied")
        assert applied["changed"] == ["fetch"]
        assert not [line for line in life.said if is_(line, "checked")]
        site.held.set()
        await life.until("checked", site="/slow", verdict="initial")
        assert await life.stop() == 0
    assert site.asked["/slow"] == 1


async def test_a_storm_of_hangups_never_ends_the_daemon(
    tmp_path: Path, site: Site, sqlite_url: str
) -> None:
    write(tmp_path, watching(site, "/page"))
    async with running(tmp_path, sqlite_url) as life:
        for event in ("endpoint_open", "started"):
            await life.until(event)
            for _ in range(300):
                life.tell(signal.SIGHUP)
        await life.until("config_applied")
        await checked_again(life, "/page")
        assert await life.stop() == 0
    assert sum(is_(line, "config_applied") for line in life.said) <= 3


async def test_a_sign_of_life_is_sent_and_its_url_is_in_no_line(
    tmp_path: Path, site: Site, sqlite_url: str
) -> None:
    key = "0f8fad5b-d9cb-469f-a165-70867728950e"
    ping = f'[health]\nping_url = "{site.url()}/{key}"\n'
    write(tmp_path, watching(site, "/page").replace("[health]\n", ping))
    async with running(tmp_path, sqlite_url) as life:
        refused = await life.until("ping_not_taken")
        assert refused["reason"] == "the server answered 404"
        assert site.asked[f"/page/{key}"] == 1
        await checked_again(life, "/page")
        assert await life.stop() == 0
    assert not [line for line in life.said if key in str(line)]


async def test_a_drop_in_is_followed_and_a_broken_one_changes_nothing(
    tmp_path: Path, site: Site, sqlite_url: str
) -> None:
    write(tmp_path, watching(site, "/page"))
    (tmp_path / "config.d").mkdir()
    drop_in = tmp_path / "config.d" / "more.toml"
    async with running(tmp_path, sqlite_url) as life:
        await life.until("started")
        table = f'[[site]]\nname = "more"\nurl = "{site.url("/other")}"\ncheck_frequency = "1s"\n'
        drop_in.write_text(table)
        await life.until("checked", site="more")
        drop_in.write_text("[[site\n")
        refused = await life.until("config_refused")
        assert "config.d/more.toml:1" in str(refused["reason"])
        await checked_again(life, "more")
        drop_in.unlink()
        applied = await life.until_several(2, "config_applied")
        assert applied[-1]["changed"] == ["sites"]
        assert await life.stop() == 0


async def test_another_proxy_is_taken_without_a_restart(
    tmp_path: Path, site: Site, sqlite_url: str
) -> None:
    async with proxying() as proxy:
        text = watching(site, "/page").replace("[fetch]", '[fetch]\nproxy = "office"')
        table = '[[proxy]]\nname = "office"\nurl = "http://127.0.0.1:{}"\n'
        login = f'username = "{USER}"\npassword = "{PASSWORD}"\n'
        write(tmp_path, text + table.format(proxy.port))
        async with running(tmp_path, sqlite_url) as life:
            failed = await life.until("check_failed", error_class="proxy")
            assert "asks for a username and a password" in failed["detail"]
            assert site.asked["/page"] == 0
            write(tmp_path, text + table.format(proxy.port) + login)
            applied = await life.until("config_applied")
            assert applied["changed"] == ["proxies"]
            await life.until("checked", site="/page", verdict="initial")
            assert await life.stop() == 0
        assert not [line for line in life.said if PASSWORD in str(line)]
    assert site.asked["/page"] == len(proxy.asked) > 0
