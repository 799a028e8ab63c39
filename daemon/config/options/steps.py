"""What is done on a rendered page before it is read, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, SecretStr

from daemon.addresses import registrable
from daemon.config.sections import CrossChecked
from daemon.config.values import Duration, Flaw, check_url, one_line, refused
from daemon.model.request import Step, StepAction

MOST_STEPS = 50
_LONGEST_SCRIPT = 20_000
_NEEDS_IN = ("type", "choose")
_MAY_HAVE_IN = (*_NEEDS_IN, "press")
_ON_ELEMENTS = ("click", "check", "uncheck", "hover", "wait_for", "remove")


def _host(text: str) -> str:
    if registrable(text.lower()) != text.lower() and "." not in text:
        raise refused("is not the name of a host", 'write for example "login.example.org"')
    return text.lower()


Selector = Annotated[str, AfterValidator(one_line), Field(min_length=1, max_length=1_000)]
Waited = Annotated[Duration, Field(gt=timedelta(0), le=timedelta(minutes=2))]


class StepConfig(CrossChecked):
    """One step: what is done, and where."""

    click: Selector | None = None
    type: SecretStr | None = None
    choose: Selector | None = None
    press: Selector | None = None
    check: Selector | None = None
    uncheck: Selector | None = None
    hover: Selector | None = None
    wait_for: Selector | None = None
    wait: Waited | None = None
    scroll: int | None = Field(None, ge=1, le=50)
    go: Annotated[str, AfterValidator(check_url)] | None = None
    script: Annotated[str, Field(max_length=_LONGEST_SCRIPT)] | None = None
    banner: Literal["accept", "remove"] | None = None
    remove: Selector | None = None
    in_: Selector | None = Field(None, alias="in")
    at: Annotated[str, AfterValidator(_host)] | None = None
    login: bool = False
    optional: bool = False

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        done = [name for name in get_args(StepAction) if given.get(name) is not None]
        if not done and not given.keys() - cls.model_fields.keys() - {"in"}:
            yield Flaw((), "says nothing to do", f"give one of {', '.join(get_args(StepAction))}")
        for other in done[1:]:
            yield Flaw((other,), f"is given beside {done[0]}", "write a [[…step]] for each")
        action = done[0] if done else ""
        if action in _NEEDS_IN and not given.get("in"):
            yield Flaw((action,), "does not say where", 'add in = "#selector"')
        if action not in _MAY_HAVE_IN and given.get("in"):
            yield Flaw(("in",), f"does not belong to {action or 'it'}", "leave it out")
        if action != "type" and given.get("at"):
            yield Flaw(("at",), "is for what is typed alone", "leave it out")

    def step(self) -> Step:
        """The step, what is typed included."""
        action: StepAction = next(
            name for name in get_args(StepAction) if getattr(self, name) is not None
        )
        given = getattr(self, action)
        is_target = action in _ON_ELEMENTS
        return Step(
            action,
            target=given if is_target else self.in_ or "",
            value="" if is_target else _text_of(given),
            is_login=self.login,
            is_optional=self.optional,
            host=self.at or "",
        )


def _text_of(given: object) -> str:
    if isinstance(given, SecretStr):
        return given.get_secret_value()
    return f"{given.total_seconds():g}" if isinstance(given, timedelta) else str(given)


def misfits_of_steps(steps: object) -> Iterator[Flaw]:
    """What does not fit together in the steps of a page, as the file has them."""
    if not isinstance(steps, Sequence):
        return
    if len(steps) > MOST_STEPS:
        yield Flaw(("step",), f"are {len(steps)}, and at most {MOST_STEPS} are taken")
    login = [one for one in steps if isinstance(one, Mapping) and one.get("login") is True]
    if login and not any(login[0].get(name) for name in (*_ON_ELEMENTS, "in")):
        yield Flaw(
            ("step",),
            "do not say how one who is logged out is known",
            "let the first step with login = true click or type where only they can",
        )
