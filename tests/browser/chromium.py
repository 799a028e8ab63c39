"""Drives Debian's headless Chromium by the DevTools protocol, over the browser's own pipe."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_FLAGS = (
    "--headless=new",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-first-run",
    "--remote-debugging-pipe",
)
# Chromium reads commands from descriptor 3 and answers on 4; these may be the pipe's own ends.
_ATTACH = (
    "import os, sys;"
    "ends = [os.dup2(int(end), 200 + at) for at, end in enumerate(sys.argv[1:3])];"
    "[os.dup2(end, 3 + at) for at, end in enumerate(ends)];"
    "os.execv(sys.argv[3], sys.argv[3:])"
)
_LONGEST_BYTES = 1 << 26  # of an answer: a picture of a long page
_PATIENCE_SECONDS = 60
_WATCHER = """
addEventListener("securitypolicyviolation", event => {
  (globalThis.violations ??= []).push(event.effectiveDirective + " " + event.blockedURI)
})
"""


class BrowserError(Exception):
    """There is no Chromium, it refused a command, or a script threw."""


@dataclass(slots=True)
class Tab:
    """One page of the browser, with what went wrong in it."""

    browser: Chromium
    session: str
    errors: list[str] = field(default_factory=list)  # of the console, and uncaught exceptions
    is_loaded: bool = False

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command to this page, and wait for its answer."""
        return await self.browser.send(method, self.session, **params)

    async def open(self, url: str) -> None:
        """Go there, and wait until it and its assets are loaded."""
        self.is_loaded = False
        answer = await self.send("Page.navigate", url=url)
        if "errorText" in answer:
            raise BrowserError(f"{url}: {answer['errorText']}")
        await self.loaded()

    async def loaded(self) -> None:
        """Wait until the page that was gone to is loaded."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not self.is_loaded:
                await self.browser.receive()

    async def look(
        self, *, width: int, height: int = 800, scheme: str = "light", density: float = 1
    ) -> None:
        """Look at the page in a window of this width and in this colour scheme."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, screenWidth=width, screenHeight=height,
            deviceScaleFactor=density, mobile=width < 600,
        )  # fmt: skip
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.send("Emulation.setEmulatedMedia", features=[feature])

    async def scripting(self, *, is_on: bool) -> None:
        """Switch the scripts of pages on or off, from the next page on."""
        await self.send("Emulation.setScriptExecutionDisabled", value=not is_on)

    async def value(self, expression: str) -> Any:
        """What an expression, or the promise that it makes, comes to in the page."""
        answer = await self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other, as a person does."""
        for key in keys:
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            code = {"Enter": 13, "Tab": 9, "Escape": 27}.get(key, 0)
            shared = {"key": key, "windowsVirtualKeyCode": code}
            down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
            await self.send("Input.dispatchKeyEvent", **down, **shared)
            await self.send("Input.dispatchKeyEvent", type="keyUp", **shared)

    async def follow(self, key: str) -> None:
        """Press a key that leads to another page, and wait until that is loaded."""
        self.is_loaded = False
        await self.press(key)
        await self.loaded()

    async def picture(self, kind: str = "png", clip: dict[str, float] | None = None) -> bytes:
        """A picture of what is seen, or of a part of the whole page: png, webp or jpeg."""
        options: dict[str, Any] = {"clip": {**clip, "scale": 1}} if clip else {}
        if kind != "png":
            options["quality"] = 75
        answer = await self.send(
            "Page.captureScreenshot", format=kind, captureBeyondViewport=clip is not None,
            **options,
        )  # fmt: skip
        return base64.b64decode(answer["data"])


class Chromium:
    """A running browser; one who uses it at a time."""

    def __init__(self, commands: IO[bytes], answers: asyncio.StreamReader) -> None:
        self._commands = commands
        self._answers = answers
        self._tabs: dict[str, Tab] = {}
        self._number = 0

    async def receive(self) -> dict[str, Any]:
        """The next that the browser says; an event is noted with its page."""
        said: dict[str, Any] = json.loads((await self._answers.readuntil(b"\0"))[:-1])
        if tab := self._tabs.get(said.get("sessionId", "")):
            _note(tab, said.get("method", ""), said.get("params", {}))
        return said

    async def send(self, method: str, session: str = "", /, **params: Any) -> dict[str, Any]:
        """Send a command, and wait for its answer.

        Errors: BrowserError.
        """
        self._number += 1
        where = {"sessionId": session} if session else {}
        command = {"id": self._number, "method": method, "params": params, **where}
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await asyncio.to_thread(self._commands.write, json.dumps(command).encode() + b"\0")
            while (said := await self.receive()).get("id") != self._number:
                pass
        if "error" in said:
            raise BrowserError(f"{method}: {said['error']['message']}")
        result: dict[str, Any] = said["result"]
        return result

    @asynccontextmanager
    async def tab(self) -> AsyncIterator[Tab]:
        """A page in a context of its own: without the cookies of others."""
        context = (await self.send("Target.createBrowserContext"))["browserContextId"]
        target = await self.send("Target.createTarget", url="about:blank", browserContextId=context)
        attached = await self.send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        tab = self._tabs[attached["sessionId"]] = Tab(self, attached["sessionId"])
        for domain in ("Page", "Runtime", "Log"):
            await tab.send(f"{domain}.enable")
        await tab.send("Page.addScriptToEvaluateOnNewDocument", source=_WATCHER)
        try:
            yield tab
        finally:
            del self._tabs[tab.session]
            await self.send("Target.disposeBrowserContext", browserContextId=context)


def _note(tab: Tab, method: str, params: dict[str, Any]) -> None:
    if method == "Page.loadEventFired":
        tab.is_loaded = True
    elif method == "Runtime.exceptionThrown":
        details = params["exceptionDetails"]
        tab.errors.append(details.get("exception", {}).get("description") or details["text"])
    elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
        tab.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")


def program() -> str | None:
    """Where Chromium is on this machine, if it is."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@asynccontextmanager
async def running(profile: Path, *more: str) -> AsyncIterator[Chromium]:
    """A browser with this folder for its profile and more flags, ended at the end.

    Errors: BrowserError.
    """
    path = program()
    if path is None:
        raise BrowserError("no chromium on this machine (Debian's package: chromium)")
    (to_read, commands), (answers, to_write) = os.pipe(), os.pipe()
    # Chromium refuses its own sandbox to root.
    flags = (
        *_FLAGS,
        f"--user-data-dir={profile}",
        *(["--no-sandbox"] * (os.geteuid() == 0)),
        *more,
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ATTACH, str(to_read), str(to_write), path, *flags, "about:blank",
        pass_fds=(to_read, to_write),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    os.close(to_read)
    os.close(to_write)
    reader = asyncio.StreamReader(limit=_LONGEST_BYTES)
    reading, _protocol = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(answers, "rb", buffering=0)
    )
    try:
        with os.fdopen(commands, "wb", buffering=0) as writing:
            yield Chromium(writing, reader)
    finally:
        reading.close()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
