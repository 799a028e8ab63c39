"""Formats lists, durations and sizes for people."""

from __future__ import annotations

from collections.abc import Sequence

_SHORT = (("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_WEEKS_FROM = 14 * 86_400


def listed(names: Sequence[str], most: int, separator: str = ", ") -> str:
    """These names as one text, only the first if there are many: "Blog, News and 3 more"."""
    more = len(names) - most
    shown = separator.join(names[:most])
    return f"{shown} and {more:,} more" if more > 0 else shown


def quoted(text: str) -> str:
    """A rule as its owner writes it in single quotes of TOML, backslashes as they are."""
    return repr(text) if "'" in text or not text.isprintable() else f"'{text}'"


def duration(seconds: float) -> str:
    """A length of time in the two largest units that it fills, rounded: "1 d 3 h", "2.5 s"."""
    if seconds < 0.0005:
        return "less than a second"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{round(seconds, 1):g} s"
    if round(seconds) < 3600:
        return _two_units(round(seconds), 60, "min", "s")
    if round(seconds / 60) < 24 * 60:
        return _two_units(round(seconds / 60), 60, "h", "min")
    return _two_units(round(seconds / 3600), 24, "d", "h")


def _two_units(number: int, many: int, unit: str, finer: str) -> str:
    count, rest = divmod(number, many)
    return " ".join(f"{part} {name}" for part, name in ((count, unit), (rest, finer)) if part)


def short_duration(seconds: float) -> str:
    """A length of time for a narrow column, by its largest unit: 45s, 3m, 5h, 2d, 6w."""
    whole = int(abs(seconds))
    for unit, size in _SHORT:
        if whole >= size and (unit != "w" or whole >= _WEEKS_FROM):
            return f"{whole // size}{unit}"
    return "0s"


def byte_size(size_bytes: float) -> str:
    """A number of bytes: "830 B", "12.3 kB", "1.1 GB"."""
    value = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if round(value) < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"
