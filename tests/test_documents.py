"""What the documents name is there: commands, options, links, and every word of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from daemon.cli.root import root
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import DefaultGroup

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "docs" / "monitoring" / "alerts.yml",
]
# The words of a program are those of its code, its files for others, and the names of its tests.
PROGRAM = [
    *(ROOT / "daemon").rglob("*.py"),
    *(ROOT / "alembic").rglob("*.py"),
    *(ROOT / "systemd").iterdir(),
    *(ROOT / name for name in ("config.toml", "pyproject.toml", "compose.yaml", "Dockerfile")),
]
# Of Alembic, of Python, of Prometheus and its Alertmanager, of servers in front, of rspamd.
FOREIGN = {
    "pg_basebackup",
    "pg_dump",
    "add_header", "auth_request", "auth_request_set", "copy_headers", "error_page", "forward_auth",
    "proxy_add_x_forwarded_for", "proxy_hide_header", "proxy_pass", "proxy_pass_request_body",
    "proxy_set_header", "request_header", "request_uri", "reverse_proxy", "server_name",
    "set_xauthrequest", "sign_headers", "ssl_certificate", "ssl_certificate_key",
    "upstream_http_x_auth_request_preferred_username", "upstream_http_x_auth_request_user",
    "version_num", "compare_digest", "group_wait", "histogram_quantile", "job_name", "rule_files",
    "scrape_configs", "static_configs",
    "auth_query", "default_pool_size", "ignore_startup_parameters", "max_prepared_statements",
    "pool_mode", "query_wait_timeout", "hot_standby_feedback", "max_standby_streaming_delay",
    "attempts_before",  # made of two words of the program
}  # fmt: skip
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_OURS = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_TEST = re.compile(r"(?:test_\w+)(?=\()")
_COMMAND = re.compile(r"(?<!-u )(?<!-t )(?<![\w/@.-])(?:changelogger|\./run) ([a-z-][^`#]*)")


def by_name(path: Path) -> str:
    return path.name


def code_of(path: Path) -> Iterator[str]:
    """What stands as code: indented, fenced, or between backticks."""
    is_fenced = False
    text = path.read_text().partition("## Retired names")[0]  # of the glossary
    for line in text.splitlines() if path.suffix == ".md" else ():
        if line.startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced or line.startswith("    "):
            yield line
    yield from _CODE.findall(re.sub(r"(?<=\S)\n(?=\S)", " ", text))


def commands_in(path: Path) -> Iterator[list[str]]:
    """The words behind our name; what begins with an option is some other program's line."""
    for code in code_of(path):
        for found in _COMMAND.finditer(code):
            words = re.split(r"\s{2,}|[|;>&)]", found[1])[0].split()
            while words[:1] == ["changelogger"]:  # of a container of this name
                del words[0]
            if words and not words[0].startswith("-"):
                yield words


def unknown(words: list[str]) -> list[str]:
    """The words of a command line that the program does not know."""
    command, words = command_of(words)
    if command is None:
        return words[:1]
    known = {"--help"} | {
        name
        for one in (command, default_of(command) or command, root)
        for param in one.params
        for name in (*param.opts, *param.secondary_opts)
    }
    named = [word.partition("=")[0].strip("[]") for word in words]
    # Where what is unknown is taken as it is, one dash begins a tag that is taken off.
    option = r"--[a-z]" if command.context_settings.get("ignore_unknown_options") else r"--?[a-z]"
    return [word for word in named if re.match(option, word) and word not in known]


def command_of(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """The command that these words begin with, and those behind it."""
    command: click.Command = root
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return (default_of(command) if getattr(command, "takes_words", False) else None), words
        command, words = found, words[1:]
    return command, words


def default_of(command: click.Command) -> click.Command | None:
    if not isinstance(command, DefaultGroup):
        return None
    return command.get_command(click.Context(command), command.default)


@pytest.mark.parametrize("path", DOCUMENTS, ids=by_name)
def test_every_command_that_is_shown_can_be_given(path: Path) -> None:
    wrong = [(words, found) for words in commands_in(path) if (found := unknown(words))]
    assert wrong == []


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    text = re.sub(r"\]\([^)]*\)", "", heading.lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


@pytest.mark.parametrize("path", DOCUMENTS, ids=by_name)
def test_every_link_leads_somewhere(path: Path) -> None:
    lost = []
    for link in _LINK.findall(path.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        if not target.exists() or (
            anchor and anchor not in map(slug, _HEADING.findall(target.read_text()))
        ):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=by_name)
def test_every_word_of_ours_is_in_the_program(path: Path) -> None:
    program = "\n".join(source.read_text() for source in PROGRAM)
    there = set(re.findall(r"[a-z][a-z0-9_]*", program)) | FOREIGN
    tests = [*(ROOT / "tests").rglob("test_*.py")]
    there |= {test.stem for test in tests}
    if path.name == "security.md":
        there |= {name for test in tests for name in _TEST.findall(test.read_text())}
    named = {word for code in code_of(path) for word in _OURS.findall(code)}
    # The series are held to the program where they are scraped.
    assert {word for word in named - there if not word.startswith("changelogger_")} == set()


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = sorted(path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_every_exit_code_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text().partition("### Exit codes")[2]
    rows = re.findall(r"^\| (\d+) \|", text.partition("\n## ")[0], re.MULTILINE)
    codes = [value for name, value in vars(exits).items() if name.isupper()]
    assert [int(row) for row in rows] == sorted(codes)


@pytest.mark.parametrize(
    "line", ["changelogger chekc x", "./run sites remov x", "changelogger changes --sgnificant"]
)
def test_a_command_that_is_none_is_found(line: str, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"    {line}\n")
    [words] = commands_in(path)
    assert unknown(words)


def test_the_architecture_names_each_room_once() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    rooms = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "daemon").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert sorted(named) == sorted(rooms)


def test_the_architecture_names_what_is_inside_of_a_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| `([^`]+)/` \| (.*) \|$", text, re.MULTILINE)
    assert rows
    for room, words in rows:
        for inner in re.findall(r"`([a-z_]+(?:/|\.py))`", words):
            assert (ROOT / "daemon" / room / inner).exists(), f"{room}/ has no {inner}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=by_name)
def test_the_files_that_a_document_names_are_there(path: Path) -> None:
    named = {
        found
        for code in code_of(path)
        for found in re.findall(r"(?<![\w/.])(?:daemon|tests|docs|alembic)/[\w/.]*\w/?", code)
    }
    lacking = sorted(one for one in named - {"daemon/migrations"} if not (ROOT / one).exists())
    future = {"daemon/web/"}  # named as what is to come
    assert set(lacking) <= future, lacking
