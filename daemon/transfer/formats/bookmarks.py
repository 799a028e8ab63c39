"""Reads the bookmarks that browsers export as HTML: a link for each page, in folders."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

from daemon.transfer.entry import Aside, ImportEntry, Read, SameBy, text_of, unreadable

_SIGN = "netscape-bookmark-file"
_PAGES = ("http", "https")


def is_bookmarks(text: str) -> bool:
    """Whether the text begins as such files do."""
    return _SIGN in text[:500].lower()


def read_bookmarks(data: bytes) -> Read:
    """A site for each link; the folder and the tags that it has are tags."""
    text = text_of(data)
    if not is_bookmarks(text):
        raise unreadable("is no export of bookmarks")
    reading = _Reading()
    reading.feed(text)
    reading.close()
    for entry in reading.found:
        scheme = str(entry.table["url"]).partition(":")[0].lower()
        if scheme in _PAGES:
            yield entry
        else:
            yield Aside(entry.place, f"without the bookmarks with {scheme[:20]}: they are no pages")


class _Reading(HTMLParser):
    """Follows the folders: a heading names the list after it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[ImportEntry] = []
        self._folders: list[str] = []
        self._heading = ""
        self._takes: list[str] | None = None  # the text of a link or a heading

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {key: value or "" for key, value in attrs}
        if tag == "dl":
            self._folders.append(self._heading)
            self._heading = ""
        elif tag == "h3":
            self._takes = [] if _is_folder(said) else None
        elif tag == "a" and said.get("href"):
            self._takes = []
            self.found.append(self._entry(said))

    def handle_data(self, data: str) -> None:
        if self._takes is not None:
            self._takes.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "dl" and self._folders:
            self._folders.pop()
        text = " ".join("".join(self._takes or ()).split())
        if tag == "h3":
            self._heading = text
        elif tag == "a" and self._takes is not None and text:
            self.found[-1].table["name"] = text
        if tag in ("h3", "a"):
            self._takes = None

    def _entry(self, said: dict[str, str]) -> ImportEntry:
        url = said.get("feedurl") or said["href"]
        place = f"line {self.getpos()[0]}"
        entry = ImportEntry("site", {"url": url}, place, same_by=SameBy.URL, is_lenient=True)
        if said.get("feedurl"):
            entry.table["kind"] = "feed"
        folders = list(filter(None, self._folders))
        entry.file_under([*folders[-1:], *_tags(said)])
        entry.tag(folders[:-1])
        return entry


def _tags(said: dict[str, str]) -> Iterator[str]:
    return (one.strip() for one in said.get("tags", "").split(","))


def _is_folder(said: dict[str, str]) -> bool:
    """Whether it is a folder of somebody's own, not one that each browser has."""
    return not said.keys() & {"personal_toolbar_folder", "unfiled_bookmarks_folder"}
