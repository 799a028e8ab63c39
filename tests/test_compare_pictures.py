"""Where two pictures differ, what does not count, and bytes that are no picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from daemon.analyse.pictures import judge_pictures
from daemon.compare.pictures import PictureError, Region, differences, opened, still
from daemon.model.change import ChangeType


def _png(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (400, 300)) -> bytes:
    picture = Image.new("RGB", size, "white")
    for box in boxes:
        ImageDraw.Draw(picture).rectangle(box, fill="navy")
    return _saved(picture)


def _saved(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", **options)
    return out.getvalue()


def test_each_region_that_differs_is_found() -> None:
    found = differences(_png((0, 0, 15, 15)), _png((0, 0, 15, 15), (200, 96, 247, 127)))
    assert found.regions == (Region(200, 96, 48, 32),)
    assert found.size == (400, 300)
    apart = differences(_png(), _png((0, 0, 15, 15), (320, 240, 335, 255)))
    assert apart.regions == (Region(0, 0, 16, 16), Region(320, 240, 16, 16))


def test_how_the_same_is_drawn_another_time_does_not_count() -> None:
    once, again = (
        Image.new("RGB", (400, 300), "white"),
        Image.new("RGB", (400, 300), (250, 240, 251)),
    )
    ImageDraw.Draw(again).point([(x, 40) for x in range(0, 400, 8)], fill="black")  # edges
    assert differences(_saved(once), _saved(again)).regions == ()


def test_what_one_has_and_the_other_lacks_differs() -> None:
    found = differences(_png(), _png(size=(400, 340)))
    assert found.is_resized
    assert found.regions == (Region(0, 296, 400, 44),)


@pytest.mark.parametrize(
    ("boxes", "level", "said"),
    [
        ([(0, 0, 7, 7)], ChangeType.MINOR, "differs at the top left (less than 0.1% of it)."),
        ([(160, 120, 231, 167)], ChangeType.MODERATE, "differs in the middle (2.8% of it)."),
        ([(0, 0, 399, 199)], ChangeType.MAJOR, "differs in the middle (65.8% of it)."),
        (
            [(0, 0, 31, 31), (360, 260, 391, 291)],
            ChangeType.MODERATE,
            "differs in 2 places, at the bottom right, at the top left (1.9% of it).",
        ),
    ],
)
def test_how_much_differs_decides_how_much_it_matters(
    boxes: list[tuple[int, int, int, int]], level: ChangeType, said: str
) -> None:
    finding = judge_pictures(_png(), _png(*boxes))
    assert finding is not None
    assert finding.change_type is level
    assert said in finding.summary
    assert finding.is_significant is (level is not ChangeType.MINOR)


def test_a_picture_keeps_its_pixels_and_nothing_else() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", "<script>secret")
    told = _saved(Image.new("RGBA", (20, 10), (0, 0, 0, 0)), pnginfo=info) + b"behind"
    data, size = still(told)
    assert size == (20, 10)
    assert b"secret" not in data
    assert not data.endswith(b"behind")
    assert opened(data).getpixel((0, 0)) == (255, 255, 255)  # what is clear lies on white


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + b"\0" * 40, b"\x89PNG\r\n\x1a\n" + b"\0" * 40, _png()[:200]],
)
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(PictureError, match="it is no picture"):
        still(data)


def test_a_picture_of_too_many_pixels_is_not_decoded() -> None:
    data = bytearray(_png())
    data[16:24] = (40_000).to_bytes(4) + (40_000).to_bytes(4)
    with pytest.raises(PictureError):
        still(bytes(data))
