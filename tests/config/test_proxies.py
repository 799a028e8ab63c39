"""Proxies in the configuration: where their passwords may stand, and where they never show."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.config import Config, load

ASKED = '[[site]]\nname = "a"\nurl = "https://example.org/"\n'


def loaded(tmp_path: Path, text: str, **environ: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ)


@pytest.mark.parametrize(
    "keys",
    [
        'url = "http://ada:p%40ss-word@proxy.example:3128"',
        'url = "http://proxy.example:3128"\nusername = "ada"\npassword = "p@ss-word"',
        'url = "http://proxy.example:3128"\nusername = "ada"\npassword = "${WORD}"',
        'url_file = "URL"',
    ],
)
def test_a_password_stands_in_the_url_or_beside_it_and_is_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str
):
    monkeypatch.chdir(tmp_path)
    Path("URL").write_text("http://ada:p%40ss-word@proxy.example:3128\n")
    config = loaded(tmp_path, f'[[proxy]]\nname = "office"\n{keys}\n', WORD="p@ss-word")
    [proxy] = config.proxies
    assert (proxy.host, proxy.port, proxy.credentials) == (
        "proxy.example",
        3128,
        ("ada", "p@ss-word"),
    )
    assert {"p@ss-word", "p%40ss-word"} <= set(config.secrets())
    assert "ss-word" not in repr(config)


def test_a_proxy_without_a_password_hides_nothing(tmp_path: Path):
    config = loaded(tmp_path, '[[proxy]]\nname = "a"\nurl = "socks5://[::1]:1080"\n')
    assert (config.proxies[0].host, config.secrets()) == ("::1", ())


def test_a_site_names_its_proxy_or_takes_that_of_its_type(tmp_path: Path):
    config = loaded(
        tmp_path,
        '[[proxy]]\nname = "office"\nurl = "http://127.0.0.1:3128"\n'
        '[site_types.far]\nproxy = "office"\n'
        + "".join(
            ASKED.replace('"a"', f'"{name}"') + keys + "\n"
            for name, keys in (
                ("plain", ""),
                ("far", 'type = "far"'),
                ("near", 'type = "far"\nproxy = "none"'),
            )
        ),
    )
    assert [site.request().proxy for site in config.sites] == ["", "office", "none"]
    assert len({site.request().identity for site in config.sites}) == 3
