"""What a command costs before it does anything: CPU beside a bare import of its largest libraries.

python benchmarks/start.py --repeat 9
"""

from __future__ import annotations

import argparse
import http.server
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.contenders import CommandFailedError
from benchmarks.figures import markdown
from benchmarks.usage import Place, Usage, measure, measure_start

ROOT = Path(__file__).resolve().parent.parent
LIMIT = "import aiohttp, sqlalchemy.ext.asyncio, aiosqlite"
_CONFIG = """
[database]
url = "sqlite:///start.db"

[fetch]
allow_networks = ["127.0.0.0/8"]
respect_robots = false
delay_seconds = 0

[health]
port = 0

[[site]]
name = "one page"
url = "{url}"
"""
_PAGE = b"<html><title>A page</title><h1>News</h1><p>Nothing has happened here so far.</p></html>"
_TIMEOUT_SECONDS = 120.0

Measured = Mapping[str, Sequence[float]]


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with the same page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, *_said: object) -> None:
        """Stay silent."""


@contextmanager
def _one_page() -> Iterator[str]:
    """The URL of a page on loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def _commands() -> dict[str, tuple[Sequence[str], Callable[[Sequence[str], Place], Usage]]]:
    ours = [sys.executable, "-P", "-m", "daemon", "--config", "start.toml"]
    return {
        "the libraries alone": ([sys.executable, "-c", LIMIT], measure),
        "`run`, until it is ready": ([*ours, "run"], measure_start),
        "`sites list`": ([*ours, "sites", "list"], measure),
        "`changes`": ([*ours, "changes"], measure),
        "`config check`": ([*ours, "config", "check"], measure),
        "`check --all`, one page": ([*ours, "check", "--all"], measure),
    }


def measured(place: Place, repeats: int) -> Measured:
    """CPU seconds of each command, in turns; the first turn fills caches and is not counted."""
    cpu: dict[str, list[float]] = {name: [] for name in _commands()}
    for turn in range(repeats + 1):
        for name, (command, how) in _commands().items():
            usage = how(command, place)
            if turn and usage.exit_code:
                said = (place.folder / "stderr.txt").read_text(errors="replace")[-2000:]
                raise CommandFailedError(f"{name}: exit code {usage.exit_code}\n{said}")
            if turn:
                cpu[name].append(usage.cpu_seconds)
    return cpu


def table(cpu: Measured) -> str:
    """Medians, and the medians of the ratios within each turn."""
    limit = next(iter(cpu.values()))
    lines = [
        [
            name,
            f"{1000 * median(own):.0f}",
            f"{median(a / b for a, b in zip(own, limit, strict=True)):.2f}",
        ]
        for name, own in cpu.items()
    ]
    return "\n".join(markdown(["command", "CPU ms", "× libraries"], lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Where installed, a command finds its bytecode: here the first turn writes it.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder, _one_page() as url:
        (Path(folder) / "start.toml").write_text(_CONFIG.format(url=url))
        place = Place(Path(folder), environment, _TIMEOUT_SECONDS)
        print(table(measured(place, options.repeat)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
