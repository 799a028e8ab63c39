"""Gives every number of JSON one form, however it was written."""

from __future__ import annotations

from math import isfinite

MAX_ZEROS = 20  # at the end of a number or behind its point, until powers of ten are read better


class Exact(float):
    """A fraction with all its digits, also those that a float has no room for."""

    digits: str

    def __new__(cls, digits: str) -> Exact:
        number = super().__new__(cls, digits)
        number.digits = digits
        return number

    def __str__(self) -> str:
        return self.digits


# JMESPath tells types by their names.
Exact.__name__ = "float"


def number_of(written: str) -> int | Exact:
    """The value of a JSON number that is finite as a float: an integer where it is one.

    Source: RFC 8259 §6; as in I-JSON (RFC 7493 §2.2), `1.0`, `1e0` and `1` are one number.
    """
    sign, digits, exponent = _parts(written)
    if exponent >= 0:
        return int(f"{sign}{digits or 0}{'0' * exponent}")
    return Exact(sign + _fraction(digits, exponent))


def number_text(value: float) -> str:
    """The one form of a number in a text, the same for equal values.

    Shape:  all digits, and no zeros that say nothing; powers of ten for very large and very
            small numbers.
    """
    if isinstance(value, int):
        digits = str(value)
        significant = digits.rstrip("0")
        zeros = len(digits) - len(significant)
        return digits if zeros <= MAX_ZEROS else _in_powers(significant, zeros)
    if isinstance(value, Exact) or not isfinite(value):
        return str(value)
    return number_text(number_of(repr(value)))


def _parts(written: str) -> tuple[str, str, int]:
    """Sign, significant digits and the power of ten that the last of them stands for."""
    mantissa, _, power = written.lower().partition("e")
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return "", "", 0
    exponent = int(power or 0) - len(fraction) + len(digits) - len(significant)
    return "-" if mantissa.startswith("-") else "", significant, exponent


def _fraction(digits: str, exponent: int) -> str:
    if -exponent - len(digits) > MAX_ZEROS:
        return _in_powers(digits, exponent)
    padded = digits.zfill(1 - exponent)
    return f"{padded[:exponent]}.{padded[exponent:]}"


def _in_powers(digits: str, exponent: int) -> str:
    """One digit before the point, and the power of ten that it stands for."""
    sign = "-" if digits.startswith("-") else ""
    first, rest = digits.removeprefix("-")[0], digits.removeprefix("-")[1:]
    return f"{sign}{first}{'.' if rest else ''}{rest}e{exponent + len(rest)}"
