"""The tools that are compared, each as its users run it: how one prepares it, and one round."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.usage import Place, Usage, measure, measure_start

FOLDER = Path(__file__).resolve().parent
LIMIT, BEST = "raw aiohttp", "best case"
_PAGE = re.compile(r"/p/(\d+)\b")
_REPORTED = re.compile(r"^(?:\d+\. )?CHANGED\b.*?(http\S+)", re.MULTILINE)


class Job(NamedTuple):
    """One tool's work: these URLs, in a folder of its own."""

    place: Place
    urls: Sequence[str]
    concurrency: int

    @property
    def folder(self) -> Path:
        return self.place.folder


class Round(NamedTuple):
    usage: Usage
    changed: frozenset[int] | None  # None: it does not look for changes


class CommandFailedError(Exception):
    """A command of a tool ended badly."""


def page_numbers(text: str | Iterable[str]) -> frozenset[int]:
    """The pages whose URLs stand in a text."""
    text = text if isinstance(text, str) else "\n".join(text)
    return frozenset(int(number) for number in _PAGE.findall(text))


def reported_changed(report: str) -> frozenset[int]:
    """The pages that a report of urlwatch or webchanges calls changed."""
    return page_numbers(_REPORTED.findall(report))


def run(command: Sequence[str], job: Job) -> Usage:
    """Measure a command that must succeed."""
    usage = measure(command, job.place)
    if usage.exit_code:
        said = (job.folder / "stderr.txt").read_text(errors="replace")[-2000:]
        raise CommandFailedError(f"{' '.join(command)}: exit code {usage.exit_code}\n{said}")
    return usage


class Contender:
    """A tool that is started anew for every round."""

    name = ""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = [*command]

    def prepare(self, job: Job) -> None:
        """Write what the tool needs before its first round."""
        (job.folder / "urls.txt").write_text("\n".join(job.urls) + "\n")

    def round(self, job: Job) -> Round:
        """Check every page once."""
        raise NotImplementedError


class RawClient(Contender):
    name = LIMIT

    def __init__(self) -> None:
        super().__init__([sys.executable, str(FOLDER / "raw_client.py")])

    def round(self, job: Job) -> Round:
        options = ["urls.txt", "--concurrency", str(job.concurrency)]
        return Round(run([*self.command, *options], job), None)


class BestCase(Contender):
    """What one writes by hand for these pages alone."""

    name = BEST

    def __init__(self) -> None:
        super().__init__([sys.executable, str(FOLDER / "best_case.py")])

    def round(self, job: Job) -> Round:
        options = ["urls.txt", "states.db", "--concurrency", str(job.concurrency)]
        usage = run([*self.command, *options], job)
        return Round(usage, page_numbers(usage.output))


class Ours(Contender):
    """changelogger, as ours.toml words it."""

    name = "changelogger"

    def __init__(self) -> None:
        super().__init__([])
        self.words = tomllib.loads((FOLDER / "ours.toml").read_text())

    def prepare(self, job: Job) -> None:
        super().prepare(job)
        text = self.words["setup"]["config"].format(**self._values(job))
        (job.folder / "config.toml").write_text(text)
        self.imported = self._run(job, "setup", "import")

    def round(self, job: Job) -> Round:
        usage = self._run(job, "round", "check")
        self.listed = self._run(job, "round", "changed")
        return Round(usage, page_numbers(self.listed.output))

    def listing(self, job: Job) -> Usage:
        """Start, list all sites, end."""
        return self._run(job, "startup", "command")

    def start(self, job: Job) -> Usage:
        """Start the daemon and stop it when it is ready."""
        environment = {
            **job.place.environment,
            "CHANGELOGGER__HEALTH__PORT": "0",
            "CHANGELOGGER__WEB__ENABLED": "false",
        }
        place = job.place._replace(environment=environment)
        return measure_start(self._command(job, "daemon", "command"), place)

    def _run(self, job: Job, table: str, key: str) -> Usage:
        return run(self._command(job, table, key), job)

    def _command(self, job: Job, table: str, key: str) -> list[str]:
        values = self._values(job)
        return [word.format(**values) for word in self.words[table][key]]

    def _values(self, job: Job) -> Mapping[str, object]:
        values = {
            "work": job.folder,
            "config": job.folder / "config.toml",
            "urls": job.folder / "urls.txt",
            "python": sys.executable,
            "concurrency": job.concurrency,
        }
        return {**values, "db": self.words["db"].format(**values)}


class Urlwatch(Contender):
    name = "urlwatch"
    options = ("--urls", "jobs.yaml", "--config", "config.yaml", "--cache", "cache.db")
    hooks = ("--hooks", "hooks.py")
    # Its default, regular expressions, takes scripts for text.
    html_filter: object = {"html2text": "pyhtml2text"}
    settings: Mapping[str, object] = {
        "display": {"new": False, "unchanged": False},
        "report": {"stdout": {"enabled": True, "color": False}},
    }

    def prepare(self, job: Job) -> None:
        # JSON is YAML.
        (job.folder / "config.yaml").write_text(json.dumps(self.settings))
        jobs = [json.dumps({"url": url, "filter": [self.html_filter]}) for url in job.urls]
        (job.folder / "jobs.yaml").write_text("\n---\n".join(jobs) + "\n")

    def round(self, job: Job) -> Round:
        usage = run([*self.command, *self.options, *self.hooks], job)
        return Round(usage, reported_changed(usage.output))


class Webchanges(Urlwatch):
    name = "webchanges"
    html_filter = "html2text"
    options = ("--jobs", "jobs.yaml", "--config", "config.yaml", "--database", "snapshots.db")
    settings: Mapping[str, object] = {
        **Urlwatch.settings,
        "version_check": {"enabled": False},
    }


class Scrapy(Contender):
    name = "scrapy"

    def round(self, job: Job) -> Round:
        arguments = ["urls=urls.txt", "database=pages.db", "report=changed.txt"]
        options = [word for argument in arguments for word in ("-a", argument)]
        options += ["-s", f"CONCURRENT_REQUESTS={job.concurrency}"]
        usage = run([*self.command, "runspider", str(FOLDER / "scrapy_spider.py"), *options], job)
        return Round(usage, page_numbers((job.folder / "changed.txt").read_text()))


PEERS: Mapping[str, type[Contender]] = {peer.name: peer for peer in (Urlwatch, Webchanges, Scrapy)}


def command_of(name: str, python: Path | None) -> list[str] | None:
    """How to start a peer: beside the interpreter of its environment, in ours, or on PATH."""
    beside = (python or Path(sys.executable)).with_name(name)
    if beside.exists():
        return [str(beside)]
    if python is None and find_spec(name) is not None:
        return [sys.executable, "-m", name]
    found = None if python else shutil.which(name)
    return [found] if found else None
