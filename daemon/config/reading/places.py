"""Says where a key stands: the variable, or the file and the line."""

from __future__ import annotations

from daemon.config.reading.environment import Overlay
from daemon.config.reading.files import Files, Spot
from daemon.config.reading.references import Revealed
from daemon.config.values import Flaw, KeyPath
from daemon.model.errors import Fault
from daemon.redaction import KnownSecrets


class Places:
    """Turns flaws into faults: adds the line or the variable, and masks revealed secrets."""

    def __init__(self, files: Files, overlay: Overlay, revealed: Revealed) -> None:
        self._label = next(iter(files.labels), "environment")
        self._spots = files.spots()
        self._variables = overlay.variables
        self._known = KnownSecrets(value for values in revealed.values.values() for value in values)

    def faults(self, flaws: list[Flaw]) -> list[Fault]:
        """The faults in the order of the files, each once."""
        unique = dict.fromkeys(flaws)
        return [self._fault(flaw) for flaw in sorted(unique, key=self._order)]

    def placed(self, fault: Fault, path: KeyPath, other: KeyPath) -> Fault:
        """A fault found later, with the places of its path and of the other that belongs to it."""
        problem = f"{fault.problem} at {self.where(other)}" if other else fault.problem
        key_path = show_path(self.own_path(path))
        return Fault(self.where(path), key_path, problem, fault.hint)

    def where(self, path: KeyPath) -> str:
        """The variable, or the file and line, that says what is at this path; else the file."""
        return self.named(path) or str(self._spot(path)[0] or self._label)

    def named(self, path: KeyPath) -> str:
        """The variable that sets this path or what is around it; nothing when none does."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._variables:
                return self._variables[path[:length]]
        return ""

    def stated(self, path: KeyPath) -> str:
        """Where exactly this option is stated; nothing when it has its default."""
        return self.named(path) or str(self._spots.get(path) or "")

    def own_path(self, path: KeyPath) -> KeyPath:
        """The path as it is in its own file: each counts its tables from 0."""
        spot, length = self._spot(path)
        return spot.own_path + path[length:] if spot and not self.named(path) else path

    def _order(self, flaw: Flaw) -> tuple[tuple[int, int], str]:
        spot, _ = self._spot(flaw.path)
        return spot.order if spot else (0, 0), str(flaw.path)

    def _fault(self, flaw: Flaw) -> Fault:
        problem = flaw.problem
        if flaw.other is not None:
            problem += f" at {self.where(flaw.other)}"
        return Fault(
            self.where(flaw.path),
            show_path(self.own_path(flaw.path)),
            self._shown(problem),
            self._shown(flaw.hint),
        )

    def _spot(self, path: KeyPath) -> tuple[Spot | None, int]:
        """The place of the key itself, or of the nearest table around it, and its depth."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._spots:
                return self._spots[path[:length]], length
        return None, 0

    def _shown(self, text: str) -> str:
        return " ".join(self._known.mask(text).split())


def show_path(path: KeyPath) -> str:
    """A key path as people write it: site[2].check_frequency, counted from 0."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}"
    return shown.lstrip(".")
