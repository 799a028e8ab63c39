"""The command line in a folder of its own, and a site on loopback to point it at."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.root import run_words
from daemon.logs import setup as logs
from daemon.logs.logger import send_to_library

PAGE = """<html><head><title>{title}</title></head><body><main><h1>{title}</h1>
<p>Older releases are kept for two years, on a server of their own.</p>{more}</main></body>
</html>"""


@dataclass
class Site:
    """What the site answers by path: status and text."""

    base: str = ""
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)  # bodies
    headers: dict[str, str] = field(default_factory=dict)  # of every answer

    def url(self, path: str = "/app") -> str:
        return self.base + path

    def serve(self, path: str, title: str, more: str = "") -> str:
        self.answers[path] = (200, PAGE.format(title=title, more=more))
        return self.url(path)


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Cli = Callable[..., Done]


@contextmanager
def serving() -> Iterator[Site]:
    """A site on loopback, in a thread of its own."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            status, text = site.answers.get(self.path, (404, "nothing here"))
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in site.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            site.posted.append(self.rfile.read(length).decode())
            self.do_GET()

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.base = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and an environment that says nothing about us."""
    for name in [name for name in os.environ if name.startswith("CHANGELOGGER")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    here = tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Runs a command as the shell would, in this process."""

    def run(*words: str) -> Done:
        capsys.readouterr()
        code = run_words(words)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    with process_as_it_was():
        yield run


@contextmanager
def process_as_it_was() -> Iterator[None]:
    """Undo what a command does to its process: it has one of its own elsewhere."""
    umask, root = os.umask(0o022), logging.getLogger()
    level, hook = root.level, sys.excepthook
    try:
        yield
    finally:
        os.umask(umask)
        sys.excepthook = hook
        for handler in [one for one in root.handlers if isinstance(one, logs.LineHandler)]:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
        logging.captureWarnings(False)
        send_to_library()


@pytest.fixture
def configured(folder: Path) -> Callable[..., Path]:
    """Writes config.toml: open to loopback, and with these sites, by name and URL."""

    return partial(configure, folder)


def configure(folder: Path, *sites: tuple[str, str], more: str = "") -> Path:
    """Write config.toml: open to loopback, and with these sites, by name and URL."""
    tables = "".join(f'[[site]]\nname = "{name}"\nurl = "{url}"\n' for name, url in sites)
    path = folder / "config.toml"
    path.write_text(
        '[fetch]\nallow_networks = ["127.0.0.0/8"]\ndelay_seconds = 0\n'
        f"[health]\nport = 0\n[web]\nenabled = false\n{more}\n{tables}"
    )
    return path
