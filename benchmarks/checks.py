"""What a check costs: changelogger, a bare download, a best case and others on the same pages.

    python benchmarks/checks.py [--pages 1000[,5000]] [--repeat 3] [--mode plain|nonce|both]
                                [--corpus DIR] [--with urlwatch,webchanges,scrapy]
                                [--python scrapy=/path/to/its/python] [--out ROWS.jsonl]
    python benchmarks/checks.py --scaling 200,1000,5000

Every tool checks all pages, then all again after 10 %, none, and 50 % of them changed. In mode
plain the other bodies are the same bytes; in mode nonce every body carries a fresh token in a
script. Prints tables in Markdown; of two counts of pages also what one more page costs, net of
start. Everything happens on loopback, in temporary folders that are removed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from itertools import product
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.contenders import (
    PEERS,
    BestCase,
    CommandFailedError,
    Contender,
    Job,
    Ours,
    RawClient,
    command_of,
)
from benchmarks.figures import Row, figures, markdown, table
from benchmarks.usage import Place
from benchmarks.web_pages import CHANGED_SHARES, changed_pages
from benchmarks.web_site import MODES

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = tuple(CHANGED_SHARES)


class Site:
    """The site's process, seen from here."""

    def __init__(self, port: int, pages: int, seed: int) -> None:
        self.port, self.pages, self.seed = port, pages, seed

    def changed(self, round_number: int) -> frozenset[int]:
        """The pages that say something else in a round than in the one before."""
        return changed_pages(self.seed, self.pages, round_number)

    def urls(self) -> list[str]:
        """Each page on an address of its own: nobody's pace for one host decides."""
        return [f"http://{_address(number)}:{self.port}/p/{number}" for number in range(self.pages)]

    def set(self, mode: str, round_number: int) -> None:
        """Choose what the pages say from now on."""
        self._ask(f"/set/{mode}/{round_number}")

    def requests(self) -> int:
        """How many pages were asked for since."""
        return int(self._ask("/stats")["requests"])

    def _ask(self, path: str) -> Mapping[str, float]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path)
            found: Mapping[str, float] = json.load(connection.getresponse())
            return found


def _address(number: int) -> str:
    rest, last = divmod(number, 250)
    second, third = divmod(rest, 250)
    return f"127.{second + 1}.{third}.{last + 1}"


@contextmanager
def served(pages: int, options: argparse.Namespace) -> Iterator[Site]:
    """The site, in a process of its own that ends with this one."""
    command = [sys.executable, "-m", "benchmarks.web_site"]
    command += ["--pages", str(pages), "--seed", str(options.seed)]
    if options.corpus is not None:
        command += ["--corpus", str(options.corpus.resolve())]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = process.stdout.readline()
        if not port:
            raise SystemExit(process.wait() or 1)
        try:
            yield Site(int(port), pages, options.seed)
        finally:
            process.stdin.close()


@contextmanager
def job(site: Site, options: argparse.Namespace) -> Iterator[Job]:
    """An empty folder, and an environment that leads nowhere else."""
    folder = Path(tempfile.mkdtemp(prefix="checks-"))
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHANGELOGGER__", "XDG_")) and not name.lower().endswith("_proxy")
    }
    environment |= {"HOME": str(folder), "PYTHONPATH": str(ROOT)}
    # Where installed, a tool finds its bytecode: here its first command writes it.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        place = Place(folder, environment, options.timeout)
        yield Job(place, site.urls(), options.concurrency)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(tools: Sequence[Contender], options: argparse.Namespace) -> Iterator[Row]:
    """All rounds of every tool in every mode, repeat after repeat, so that drift hits all."""
    modes = MODES if options.mode == "both" else (options.mode,)
    for pages in options.pages:
        with served(pages, options) as site:
            for repeat, mode, tool in product(range(1, options.repeat + 1), modes, tools):
                with job(site, options) as work:
                    rows = all_rounds(tool, site, mode, work)
                yield from ({"repeat": repeat, **row} for row in rows)


def all_rounds(
    tool: Contender, site: Site, mode: str, work: Job, rounds: Sequence[int] = ROUNDS
) -> list[Row]:
    """The figures of a tool, one row per round; none of a tool that fails."""
    rows: list[Row] = []
    try:
        tool.prepare(work)
        for number in rounds:
            site.set(mode, number)
            done = tool.round(work)
            requests = site.requests()
            row = {"mode": mode, "tool": tool.name, "round": number, "requests": requests}
            rows.append(row | figures(done, site.pages, site.changed(number)))
    except CommandFailedError as exc:
        _tell(f"{tool.name} left out: {exc}")
        return []
    _tell(f"{mode}, {tool.name}: {' / '.join(str(row['cpu_ms']) for row in rows)} ms per check")
    return rows


def scaling(counts: Sequence[int], options: argparse.Namespace) -> str:
    """What changelogger costs by the number of sites, as a table."""
    heads = ["sites", "import: CPU ms per site", "all new: CPU ms per check"]
    heads += ["90 % same bytes: CPU ms per check", "peak MB", "start and stop: CPU s"]
    heads += ["start and list: CPU s"]
    lines = [[f"{count:,}", *_scale(count, options)] for count in counts]
    return "\n".join(markdown(heads, lines))


def _scale(count: int, options: argparse.Namespace) -> list[str]:
    seen = []
    with served(count, options) as site:
        for _ in range(options.repeat):
            with job(site, options) as work:
                ours = Ours()
                rows = all_rounds(ours, site, "plain", work, ROUNDS[:2])
                if not rows:
                    raise SystemExit(1)
                start, listing = ours.start(work), ours.listing(work)
            costs = [row["cpu_ms"] for row in rows]
            imported = 1000 * ours.imported.cpu_seconds / count
            peak = max(row["peak_mb"] for row in rows)
            seen.append((imported, *costs, peak, start.cpu_seconds, listing.cpu_seconds))
    forms = (".2f", ".2f", ".2f", ".0f", ".2f", ".2f")
    columns = zip(*seen, strict=True)
    return [format(median(column), form) for column, form in zip(columns, forms, strict=True)]


def contenders(options: argparse.Namespace) -> list[Contender]:
    """The tools that can run here; of the others it is told that they cannot."""
    found: list[Contender] = [RawClient(), BestCase(), Ours()]
    for name in options.peers:
        command = command_of(name, options.python.get(name))
        if command is None:
            _tell(f"{name}: not installed")
        else:
            found.append(PEERS[name](command))
    return found


def _stop(*_: object) -> NoReturn:
    """Leave by way of every `finally`, so that nothing that was started stays."""
    _tell("told to stop")
    sys.exit(128 + signal.SIGTERM)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _names(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if unknown := set(names) - set(PEERS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return names


def _counts(text: str) -> list[int]:
    return [int(count) for count in text.split(",")]


def _interpreter(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    return name, Path(path).absolute()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--pages", type=_counts, default=[1000], metavar="COUNTS")
    add("--repeat", type=int, default=3)
    add("--mode", choices=(*MODES, "both"), default="both")
    add("--corpus", type=Path, help="folder of *.html or *.html.gz to serve instead")
    add("--with", dest="peers", type=_names, default=list(PEERS), metavar="TOOLS")
    add("--python", type=_interpreter, action="append", default=[], metavar="TOOL=PATH")
    add("--scaling", type=_counts, metavar="COUNTS", help="changelogger alone, by number of sites")
    add("--concurrency", type=int, default=100, help="of the tools that have the choice")
    add("--timeout", type=float, default=600, help="seconds that one command may take")
    add("--seed", type=int, default=1)
    add("--out", type=Path, help="append every row here as JSON")
    options = parser.parse_args()
    options.python = dict(options.python)
    return options


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, _stop)
    if options.scaling:
        print(scaling(options.scaling, options))
        return 0
    rows = []
    for row in compare(contenders(options), options):
        rows.append(row)
        if options.out is not None:
            with options.out.open("a") as out:
                out.write(json.dumps(row) + "\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
