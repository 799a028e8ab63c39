"""Decodes pictures, whatever their bytes, and finds the regions in which two of them differ."""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MOST_PIXELS = 60_000_000
MISSING = "pictures need Pillow, which is not installed: pip install changelogger[pictures]"
_TOLERANCE = 24  # of 255, of each channel: less is how the same thing is drawn again
_CELL = 8  # pixels; regions are found by cells of this size
_LEAST_SHARE = 0.04  # of a cell's pixels; fewer are the edges of letters
_NEAR = 3  # cells; differences as close as this are one region
_MOST_REGIONS = 20
_ONE_AT_A_TIME = threading.Lock()  # a large picture takes much of a worker's memory


class PictureError(ValueError):
    """Bytes that are no picture, or one that is larger than anybody looks at."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where two pictures differ. Units: pixels from the top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        """How many pixels it has."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Difference:
    """How two pictures differ.

    Shape: `regions` from the top down, the largest of many; `share` of all pixels is in cells
           that differ. `size` is that of the picture after, `is_resized` says that it was another.
    """

    regions: tuple[Region, ...]
    share: float
    size: tuple[int, int]
    is_resized: bool


def still(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """A picture written anew as PNG: its pixels, and nothing else of what came; and its size.

    Errors: PictureError.
    """
    with _ONE_AT_A_TIME:
        picture = opened(data)
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=6)
        return out.getvalue(), picture.size


def opened(data: bytes) -> Picture:
    """The pixels of a picture in RGB.

    Errors: PictureError.
    """
    try:
        from PIL import Image
    except ImportError as exc:
        raise PictureError(MISSING) from exc
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = Image.open(io.BytesIO(data), formats=("PNG", "WEBP", "JPEG"))
            if found.width * found.height > MOST_PIXELS:
                raise PictureError(f"it has {found.width:,} × {found.height:,} pixels")
            found.load()
            return _on_white(found)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as exc:
        if isinstance(exc, PictureError):
            raise
        raise PictureError(f"it is no picture: {str(exc)[:200]}") from exc


def _on_white(picture: Picture) -> Picture:
    from PIL import Image

    if picture.mode == "RGB":
        return picture
    clear = picture.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def differences(before: bytes, after: bytes) -> Difference:
    """Where two pictures differ more than by how the same is drawn twice.

    Shape:  of pictures of different sizes, what one has and the other has not differs.
    Errors: PictureError.
    """
    with _ONE_AT_A_TIME:
        old, new = opened(before), opened(after)
        cells, across = _differing_cells(old, new)
        regions = _regions(cells, new.size)
        columns, rows = across
        share = len(cells) / max(1, columns * rows)
        return Difference(regions, round(share, 5), new.size, old.size != new.size)


def _differing_cells(old: Picture, new: Picture) -> tuple[set[tuple[int, int]], tuple[int, int]]:
    """The cells, as column and row, in which enough pixels differ; and how many there are."""
    from PIL import Image, ImageChops

    size = max(old.width, new.width), max(old.height, new.height)
    sheets = []
    for picture, beyond in ((old, "black"), (new, "white")):  # so that what one lacks differs
        sheet = Image.new("RGB", size, beyond)
        sheet.paste(picture)
        sheets.append(sheet)
    most = ImageChops.lighter(*_channels(ImageChops.difference(*sheets)))
    marked = most.point([255 if one > _TOLERANCE else 0 for one in range(256)])
    columns, rows = -(-size[0] // _CELL), -(-size[1] // _CELL)
    whole = Image.new("L", (columns * _CELL, rows * _CELL))
    whole.paste(marked)
    # Each pixel of the small picture is the mean of a cell: the share of it that differs.
    small = whole.resize((columns, rows), Image.Resampling.BOX)
    least = int(255 * _LEAST_SHARE)
    found = (at for at, share in enumerate(small.tobytes()) if share > least)
    return {(at % columns, at // columns) for at in found}, (columns, rows)


def _channels(picture: Picture) -> tuple[Picture, Picture]:
    from PIL import ImageChops

    red, green, blue = picture.split()
    return ImageChops.lighter(red, green), blue


def _regions(cells: set[tuple[int, int]], size: tuple[int, int]) -> tuple[Region, ...]:
    left, found = set(cells), []
    while left:
        found.append(_region(_grown(left), size))
    largest = sorted(found, key=lambda one: -one.area)[:_MOST_REGIONS]
    return tuple(sorted(largest, key=lambda one: (one.y, one.x)))


def _grown(left: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cells that are near each other, taken out of those that are left."""
    near = range(-_NEAR, _NEAR + 1)
    group = [left.pop()]
    for column, row in group:  # grows meanwhile
        around = {(column + x, row + y) for x in near for y in near} & left
        left -= around
        group.extend(around)
    return group


def _region(group: list[tuple[int, int]], size: tuple[int, int]) -> Region:
    columns, rows = zip(*group, strict=True)
    x, y = min(columns) * _CELL, min(rows) * _CELL
    right, bottom = (max(columns) + 1) * _CELL, (max(rows) + 1) * _CELL
    width, height = (max(right, x + 1) - x), (max(bottom, y + 1) - y)
    return Region(x, y, min(width, max(1, size[0] - x)), min(height, max(1, size[1] - y)))
