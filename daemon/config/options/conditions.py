"""The values of conditions: what is to appear or to be counted, and which numbers are compared."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, Strict

from daemon.conditions.values import parse_change
from daemon.config.values import refused

_LARGEST = Decimal(10) ** 12


def one_or_more(value: Any) -> Any:
    """A single text as a list of one."""
    return (value,) if isinstance(value, str) else value


def parse_number(value: Any) -> Any:
    """A number, or text that is one, as text that loses nothing: 49.90 is "49.9"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refused("must be a number", "write for example 49.90")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise refused("is not a number", "write for example 49.90, with a point") from None
    if not number.is_finite() or abs(number) > _LARGEST:
        raise refused(f"must be between -{_LARGEST:,f} and {_LARGEST:,f}")
    return f"{number.normalize():f}"


def parse_change_text(value: Any) -> Any:
    """By how much: an amount, or a share such as "5 %"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refused("must be a number, or a share", 'write for example 2.50, or "5 %"')
    try:
        amount, is_percent = parse_change(str(value))
    except (ArithmeticError, ValueError):
        raise refused(
            "is neither a number above 0 nor such a share", 'write for example 2.50, or "5 %"'
        ) from None
    return f"{amount.normalize():f}{' %' if is_percent else ''}"


def parse_statuses(value: Any) -> Any:
    """Statuses of errors, one or more, or true for all of them."""
    if isinstance(value, bool):
        return value
    written = value if isinstance(value, list | tuple) else (value,)
    if any(str(one).strip().lower() in ("all", "true") for one in written):
        return True
    return tuple(map(_status, written))


def _status(value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or not 400 <= int(text) <= 599:
        raise refused("is no status of an error", "write for example [404, 503], or true for all")
    return int(text)


Targets = Annotated[tuple[str, ...], Strict(False), BeforeValidator(one_or_more)]
_Statuses = Annotated[tuple[int, ...], Strict(False)]
StatusCodes = Annotated[_Statuses | bool, BeforeValidator(parse_statuses)]
NumberText = Annotated[str, BeforeValidator(parse_number)]
ChangeText = Annotated[str, BeforeValidator(parse_change_text)]
