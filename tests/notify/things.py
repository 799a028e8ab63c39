"""What tests of telling begin with: facts, messages, settings that let loopback through."""

from __future__ import annotations

from typing import Any

from daemon.config import FetchConfig
from daemon.notify.render import words_of
from daemon.notify.values import Message
from tests.making import PAST

LOCAL = FetchConfig(allow_networks=("127.0.0.0/8",), per_host=8)


def facts(**more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "site": "Blog",
        "url": "https://site.example/blog",
        "host": "site.example:443",
        "at": PAST.isoformat(),
        "update_id": "0192ab34-0000-7000-8000-00000000cafe",
        "title": "The blog",
        "summary": "The price fell.",
        "change_type": "major",
        "is_significant": True,
        "confidence_score": 0.75,
        "reasons": ["a price moved"],
        "hunks": [{"removed": ["It costs 24 euros now"], "added": ["It costs 19 euros now"]}],
        "is_cut": False,
    }
    return fields | more


def message(kind: str = "change", key: str = "k1", **more: Any) -> Message:
    told = facts(**more)
    return Message(key, kind, "local", PAST, told, words_of(kind, told))
