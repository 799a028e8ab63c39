"""The wheel as a stranger gets it, and the locks as ./run and ./test read them."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import daemon
from benchmarks.packages import needed_by_extras

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ROOT / "requirements.extras"
LOCKS = ("requirements.lock", "requirements-browser.lock", "requirements-test.lock")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What the command said; the test fails with it when the command did."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CHANGELOGGER", "PYTHON"))}
    done = subprocess.run(
        command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-P", "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`changelogger` installed from the wheel, beside the libraries of this environment."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    (pip,) = (ROOT / "vendor").glob("pip-*.whl")
    python = home / "bin" / "python"
    run(python, pip / "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    return home / "bin" / "changelogger"


def test_the_wheel_carries_the_program_with_its_migrations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    kinds = {".py", ".html", ".css", ".js", ".svg"}
    files = (path for path in (ROOT / "daemon").rglob("*") if path.suffix in kinds)
    sources = {str(path.relative_to(ROOT)) for path in files}
    migrations = {
        f"daemon/migrations/{path.relative_to(ROOT / 'alembic')}"
        for path in (ROOT / "alembic").rglob("*.py")
    }
    assert migrations
    assert sources | migrations | {"daemon/py.typed"} <= names


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "daemon",
        f"changelogger-{daemon.__version__}.dist-info",
    }
    assert not [name for name in names if "__pycache__" in name or name.endswith((".db", ".pyc"))]


def test_the_installed_program_tells_its_version_and_leaves_nothing(
    program: Path, tmp_path: Path
) -> None:
    assert daemon.__version__ in run(program, "--version", cwd=tmp_path).stdout
    assert list(tmp_path.iterdir()) == []


def test_the_installed_program_is_not_the_checkout(program: Path, tmp_path: Path) -> None:
    where = run(
        program.with_name("python"), "-c", "import daemon; print(daemon.__file__)", cwd=tmp_path
    )
    assert Path(where.stdout).is_relative_to(program.parent.parent)


def test_the_installed_program_makes_its_database_in_an_empty_folder(
    program: Path, tmp_path: Path
) -> None:
    run(program, "db", "upgrade", cwd=tmp_path)
    (database,) = tmp_path.glob("*.db")
    with closing(sqlite3.connect(database)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert {"alembic_version", "pages", "content_updates", "price_checks"} <= tables


def pins(lock: str) -> dict[str, str]:
    """Name and version of all that a lock pins."""
    text = (ROOT / lock).read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def test_the_test_environment_can_run_the_program() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-test.lock").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_what_the_project_asks_for(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + [line for name in extras for line in extras[name]]
    left_out = {"requirements.lock": ("test", "browser"), "requirements-browser.lock": ("test",)}
    for extra in left_out.get(lock, ()):
        wanted = [line for line in wanted if line not in extras[extra]]
    pinned = pins(lock)
    for requirement in map(Requirement, wanted):
        if requirement.name != project["name"]:
            version = pinned.get(canonicalize_name(requirement.name), "none")
            assert requirement.specifier.contains(version), f"{requirement}: run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_hashed_and_holds_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_table_of_extras_says_which_pins_each_needs() -> None:
    """By it ./run leaves out what CHANGELOGGER_EXTRAS does not name."""
    table = {name: extras.split() for name, extras in (
        line.split(" ", 1) for line in EXTRAS.read_text().splitlines()
    )}  # fmt: skip
    assert table == needed_by_extras(), "run `make lock`"
    assert table.keys() <= pins("requirements.lock").keys()


def chosen(extras: str | None, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """The pins that ./run would install with these extras."""
    environment = {"PATH": os.environ["PATH"]} | (
        {} if extras is None else {"CHANGELOGGER_EXTRAS": extras}
    )
    (tmp_path / "made/bin").mkdir(parents=True, exist_ok=True)
    script = f"here={ROOT} lock=requirements.lock VENV={os.path.relpath(tmp_path, ROOT)}/made\n"
    functions = (ROOT / "setup.sh").read_text().partition("if ! is_ready")[0]
    return subprocess.run(
        ["sh", "-euc", f"{script}{functions}\nrefuse_unknown_extras\npins"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_set_up_takes_the_extras_that_are_chosen(tmp_path: Path) -> None:
    everything = chosen(None, tmp_path).stdout
    assert everything == (ROOT / "requirements.lock").read_text()
    none, some = chosen("", tmp_path).stdout, chosen("pdf,query", tmp_path).stdout
    for package, is_core in (("aiohttp", True), ("asyncpg", True), ("pillow", False)):
        assert (f"\n{package}==" in none) is (f"\n{package}==" in some) is is_core
    for package in ("pypdfium2", "jq", "elementpath"):
        assert f"\n{package}==" in some
        assert f"\n{package}==" not in none
    assert len(none) < len(some) < len(everything)
    wrong = chosen("pdf, quary", tmp_path)
    assert wrong.returncode == 1
    assert "quary, which is none of: articles login" in wrong.stderr
