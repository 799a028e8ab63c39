"""The channels of a configuration: each owner gets theirs, an admin all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.config import Config, load
from daemon.model.errors import RequestError
from daemon.model.viewer import Viewer
from daemon.operations.channels import list_channels, the_channel
from tests.operations.two_owners import ADA, ADMIN, BOB, STRANGER

CONFIG = """
[[owner]]
id = "ada"
email = "ada@example.org"
[[owner]]
id = "bob"
email = "bob@example.org"
[[notify]]
name = "hers"
owner = "ada"
url = "https://hook.example/secret-path"
[[notify]]
name = "his"
owner = "bob"
url = "ntfy://ntfy.example/topic"
digest = "daily"
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return load(path, {})


@pytest.mark.parametrize(
    ("viewer", "names"), [(STRANGER, []), (ADA, ["hers"]), (BOB, ["his"]), (ADMIN, ["hers", "his"])]
)
def test_each_gets_what_is_theirs(config: Config, viewer: Viewer, names: list[str]) -> None:
    found = list_channels(config.notify, viewer)
    assert [one.name for one in found] == names
    assert "secret-path" not in str(found)
    for name in ("hers", "his", "nobody's"):
        if name in names:
            assert the_channel(config.notify, viewer, name).name == name
            continue
        with pytest.raises(RequestError, match=f"there is: {', '.join(names) or 'none'}$"):
            the_channel(config.notify, viewer, name)


def test_a_channel_is_shown_by_its_kind(config: Config) -> None:
    hers, his = list_channels(config.notify, ADMIN)
    assert (hers.kind, hers.digest) == ("webhook", None)
    assert (his.kind, his.digest) == ("ntfy", "daily")
