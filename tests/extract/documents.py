"""Documents made on the spot, and the one way to read them in a test."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.extract import read
from daemon.model.errors import ExtractError
from daemon.model.reading import Reading
from daemon.model.response import Document
from daemon.model.site import Rules


def document(
    body: str | bytes, content_type: str = "text/html", charset: str | None = None
) -> Document:
    data = body.encode() if isinstance(body, str) else body
    return Document(data, content_type, charset, "http://site.test/dir/page")


def reading(body: str | bytes, content_type: str = "text/html", **rules: Any) -> Reading:
    return read(document(body, content_type), Rules(**rules))


def refusal(body: str | bytes, content_type: str = "text/html", **rules: Any) -> ExtractError:
    with pytest.raises(ExtractError) as caught:
        reading(body, content_type, **rules)
    return caught.value


def pdf(pages: list[str], title: str = "") -> bytes:
    """A minimal PDF with one line of text on each page."""
    kids = " ".join(f"{5 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Title ({title}) >>",
    ]
    for index, text in enumerate(pages):
        content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]"
            f" /Resources << /Font << /F1 3 0 R >> >> /Contents {6 + 2 * index} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    out, offsets = "%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{item}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>"
    start = f"startxref\n{len(out)}\n%%EOF\n"
    count = len(objects) + 1
    return f"{out}xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n{trailer}\n{start}".encode()
