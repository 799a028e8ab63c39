"""A person's own words: checked, filled, and ended when they do not end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from daemon.alerting.template import check_template, fill
from daemon.config.sections import DocumentsConfig
from daemon.model.errors import CheckError
from daemon.notify.render import own_words
from daemon.operations.people.delivering import Destination
from daemon.runtime.sender import _worded
from daemon.sandbox.messages import FillJob
from daemon.sandbox.pool import Sandbox
from tests.alerting.things import route
from tests.notify.test_sender import Box
from tests.notify.things import facts, message


def test_a_template_says_what_it_is_told_to():
    text = "{{ site }}: {% for r in reasons %}{{ r }}{% endfor %} {{ nothing }}"
    assert fill(text, facts()) == "Blog: a price moved "


@pytest.mark.parametrize("text", ["{{ site", "{% if %}", "{{ site | nosuch }}", "{% endfor %}"])
def test_what_is_no_template_is_refused(text: str):
    with pytest.raises(ValueError, match=r"line 1|filter"):
        check_template(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ reasons.append('x') }}",
        "{{ site.__init__.__globals__ }}",
        "{{ range(10**9) | list }}",
        "{{ 'x' * 200000 }}",
        "{{ 1 / 0 }}",
    ],
)
def test_a_template_reaches_nothing_and_says_not_too_much(text: str):
    try:
        said = fill(text, facts())
    except ValueError:
        return
    assert "class" not in said
    assert len(said) <= 100_000


def test_a_page_cannot_write_a_template():
    assert fill("{{ summary }}", facts(summary="{{ 7 * 7 }}")) == "{{ 7 * 7 }}"


def test_own_words_are_text_whatever_they_look_like():
    words = own_words("t", "<b>@everyone</b>")
    assert "<b>" not in words.html
    assert "@everyone" not in words.text


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(DocumentsConfig(workers=1, cpu_seconds=1)) as sandbox:
        yield sandbox


async def test_a_template_is_filled_in_a_process_of_its_own(sandbox: Sandbox):
    assert (await sandbox.fill(FillJob("{{ site }}!", facts()))).text == "Blog!"


async def test_a_template_without_end_is_ended_and_the_notice_goes_out_in_our_words(
    sandbox: Sandbox,
):
    async def filled(template: str, told: dict[str, object]) -> str:
        return (await sandbox.fill(FillJob(template, told))).text

    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(CheckError, match="CPU"):
        await filled(endless, facts())
    ours = message()
    assert await _worded(ours, Destination(Box(), route(), endless, filled), 30) == ours
    own = await _worded(ours, Destination(Box(), route(), "{{ message.title }}!", filled), 30)
    assert own.words.text == ours.words.title + "!"


async def test_who_waits_too_long_for_a_template_hears_it_in_our_words():
    async def busy(template: str, told: dict[str, object]) -> str:
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never

    ours = message()
    assert await _worded(ours, Destination(Box(), route(), "{{ site }}", busy), 0.01) == ours
