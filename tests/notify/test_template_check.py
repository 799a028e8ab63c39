"""Templates that are tried before they are taken."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.alerting.values import EventKind
from daemon.config import Config
from daemon.model.errors import ConfigError
from daemon.notify.samples import sample, sample_of
from daemon.runtime.live_config.template_check import refuse_unfillable
from tests.making import PAST

ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
HUGE = "{% for a in range(9999) %}{{ message.text }}{% endfor %}"


def configured(template: str, **more: Any) -> Config:
    place = {"name": "hook", "url": "https://hooks.example/", "template": template, **more}
    return Config.model_validate({"notify": [place], "documents": {"cpu_seconds": 1}})


@pytest.mark.parametrize(
    "template",
    [
        "{{ site }} {{ nope }} {{ message.text }}",
        "{% if hunks %}{{ hunks[0].added[0] }}{% endif %}",
        "{{ price | default('') }} {{ (reasons | default(['?']))[0] }}",
        "{% if kind == 'digest' %}{{ notices[0].kind }}{% else %}{{ url.upper() }}{% endif %}",
    ],
)
async def test_what_only_some_kinds_have_may_be_asked_for(template: str):
    await refuse_unfillable(configured(template))


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ nope.x.y }}", "kind change: UndefinedError: 'nope' is undefined"),
        ("{{ hunks[0].added[0] }}", "kind price: UndefinedError: 'hunks' is undefined"),
        ("{{ 1 / 0 }}", "division by zero"),
        (HUGE, "more than 100000 characters"),
        (ENDLESS, "it took more than 1 s of CPU time"),
    ],
)
async def test_a_template_that_cannot_be_filled_is_refused(template: str, why: str):
    with pytest.raises(ConfigError) as caught:
        await refuse_unfillable(configured(template))
    [fault] = caught.value.faults
    assert fault.key_path == "notify[0].template"
    assert why in fault.problem


async def test_only_what_a_place_takes_is_tried():
    template = "{% if kind != 'digest' %}{{ hunks[0].added[0] }}{% endif %}"
    await refuse_unfillable(configured(template, kinds=["change"]))


@pytest.mark.parametrize("kind", [*EventKind, "digest"])
def test_every_kind_has_a_sample(kind: str):
    assert sample_of(kind, "hook", "ada").words.text


def test_a_test_says_that_it_is_one():
    message = sample("hook", "ada", PAST, "k1")
    assert message.kind == "test"
    assert "test of the channel hook" in message.words.text
