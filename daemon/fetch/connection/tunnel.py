"""Opens tunnels through proxies: CONNECT of HTTP, and SOCKS5.

Written by hand, as the libraries for it look names up themselves, or take the proxy's answer for
one read whatever its length, and pass what follows on as the page's.
"""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from typing import NoReturn

import aiohttp

from daemon.config.proxies import ProxyConfig

_MAX_ANSWER_BYTES = 16 * 1024
_HEAD_END = b"\r\n\r\n"
_UNREACHABLE_STATUSES = frozenset({502, 503, 504})
_SOCKS_REFUSALS = {1: "it failed", 2: "its rules forbid it", 7: "it cannot"}
_SOCKS_UNREACHABLE = {
    3: "the network is unreachable",
    4: "the host is unreachable",
    5: "the host refused the connection",
    6: "the way there is too long",
    8: "it knows no addresses of this kind",
}


class ProxyError(aiohttp.ClientError):
    """A proxy that is not there, refuses, wants another password or gives no valid answer."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"the proxy {name} {problem}")


async def connect_to(
    proxy: ProxyConfig,
    make: Callable[[], asyncio.Protocol],
    tls: ssl.SSLContext,
    seconds: float | None,
) -> tuple[asyncio.Transport, asyncio.Protocol]:
    """A connection to the proxy itself.

    Errors: ProxyError.
    """
    is_secure = proxy.scheme == "https"
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.get_running_loop().create_connection(
                make,
                proxy.host,
                proxy.port,
                ssl=tls if is_secure else None,
                server_hostname=proxy.host if is_secure else None,
            )
    except TimeoutError as exc:
        raise ProxyError(proxy.name, "cannot be reached in time") from exc
    except ssl.SSLError as exc:
        raise ProxyError(proxy.name, f"is not trusted as a TLS server: {exc.reason}") from exc
    except OSError as exc:
        raise ProxyError(proxy.name, f"cannot be reached: {reason_of(exc)}") from exc


def reason_of(error: OSError) -> str:
    """What the system says of an error, without addresses."""
    if error.errno and error.errno > 0 and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__


async def open_tunnel(
    proxy: ProxyConfig, host: str, port: int, tls: ssl.SSLContext, seconds: float | None
) -> asyncio.Transport:
    """A connection through the proxy to this host, an address or a name.

    Shape:  nothing was read from the host yet; the caller sets the protocol.
    Units:  `seconds` for connecting to the proxy, and as many for its answer.
    Errors: ProxyError; OSError when the proxy says that the host cannot be reached, or says nothing
            in time, which may be for the same reason.
    """
    answer = _Answer()
    transport, _ = await connect_to(proxy, lambda: answer, tls, seconds)
    try:
        async with asyncio.timeout(seconds):
            await _ask_for(proxy, transport, answer, host, port)
    except BaseException:
        transport.abort()
        raise
    return transport


async def _ask_for(
    proxy: ProxyConfig, transport: asyncio.Transport, answer: _Answer, host: str, port: int
) -> None:
    if proxy.is_socks:
        await _Socks(proxy, transport, answer).connect(host, port)
    else:
        await _connect(proxy, transport, answer, host, port)
    if answer.has_more:
        raise ProxyError(proxy.name, "sent more than an answer")


class _Answer(asyncio.Protocol):
    """What a proxy has sent, as far as it was not taken."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._has_ended = False
        self._is_new = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._is_new.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_ended = True
        self._is_new.set()

    @property
    def has_more(self) -> bool:
        return bool(self._received)

    async def take(self, count: int) -> bytes:
        """The next bytes, so many.

        Errors: EOFError when there are not so many.
        """
        while len(self._received) < count:
            await self._more()
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    async def take_head(self) -> bytes:
        """The head of a response, with the empty line after it.

        Errors: EOFError when it does not end.
        """
        while _HEAD_END not in self._received:
            await self._more()
        return await self.take(self._received.index(_HEAD_END) + len(_HEAD_END))

    async def _more(self) -> None:
        if self._has_ended or len(self._received) > _MAX_ANSWER_BYTES:
            raise EOFError
        self._is_new.clear()
        await self._is_new.wait()


async def _connect(
    proxy: ProxyConfig, transport: asyncio.Transport, answer: _Answer, host: str, port: int
) -> None:
    """Source: RFC 9110 §9.3.6."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if credential := basic(proxy):
        lines.append(f"Proxy-Authorization: {credential}")
    transport.write("\r\n".join((*lines, "", "")).encode("latin-1"))
    try:
        head = await answer.take_head()
    except EOFError:
        raise ProxyError(proxy.name, "gave no answer of HTTP") from None
    version, _, rest = head.partition(b" ")
    code = rest[:3].decode("latin-1")
    if not version.startswith(b"HTTP/1.") or not code.isdecimal():
        raise ProxyError(proxy.name, "gave no answer of HTTP")
    if code[0] != "2":
        _refused(proxy, int(code), port)


def basic(proxy: ProxyConfig) -> str:
    """The value of Proxy-Authorization; empty where the proxy asks for no password."""
    name, password = proxy.credentials
    text = base64.b64encode(f"{name}:{password}".encode()).decode()
    return f"Basic {text}" if name else ""


def _refused(proxy: ProxyConfig, status: int, port: int) -> NoReturn:
    if status in _UNREACHABLE_STATUSES:
        raise ConnectionError(f"the proxy {proxy.name} could not reach it ({status})")
    if status == 407:
        raise wants_password(proxy)
    hint = ""
    if port != 443 and not proxy.trusted:
        hint = "; with trusted = true it is asked for pages without TLS by name"
    raise ProxyError(proxy.name, f"refuses to connect to port {port} ({status}){hint}")


def wants_password(proxy: ProxyConfig) -> ProxyError:
    """The error of a proxy that is not content with its name and password, or with none."""
    if proxy.credentials[0]:
        return ProxyError(proxy.name, "does not accept its username and password")
    return ProxyError(proxy.name, "asks for a username and a password")


class _Socks:
    """The conversation with a SOCKS5 proxy.

    Source: RFC 1928 (the protocol), RFC 1929 (name and password).
    """

    def __init__(self, proxy: ProxyConfig, transport: asyncio.Transport, answer: _Answer) -> None:
        self._proxy = proxy
        self._transport = transport
        self._answer = answer

    async def connect(self, host: str, port: int) -> None:
        """Ask for a connection to this host."""
        try:
            await self._sign_in()
            self._transport.write(b"\x05\x01\x00" + _place(host) + port.to_bytes(2, "big"))
            await self._take_reply()
        except EOFError:
            raise self._failed("ended the conversation") from None

    async def _sign_in(self) -> None:
        name, password = (part.encode() for part in self._proxy.credentials)
        method = 2 if name else 0
        self._transport.write(bytes((5, 1, method)))
        try:
            version, chosen = await self._answer.take(2)
        except EOFError:
            hint = "" if name else ": perhaps it asks for a username and a password"
            raise self._failed(f"ended the conversation at once{hint}") from None
        if version != 5:
            raise self._failed("gave no answer of SOCKS5")
        if chosen != method:
            raise wants_password(self._proxy)
        if method and not await self._is_let_in(name, password):
            raise wants_password(self._proxy)

    async def _is_let_in(self, name: bytes, password: bytes) -> bool:
        said = bytes((1, len(name))) + name + bytes((len(password),)) + password
        self._transport.write(said)
        try:
            _, status = await self._answer.take(2)
        except EOFError:
            return False  # as some end the conversation without a word
        return status == 0

    async def _take_reply(self) -> None:
        version, reply, _, kind = await self._answer.take(4)
        if version != 5:
            raise self._failed("gave no answer of SOCKS5")
        if reply in _SOCKS_UNREACHABLE:
            raise ConnectionError(f"the proxy {self._proxy.name}: {_SOCKS_UNREACHABLE[reply]}")
        if reply:
            raise self._failed(f"refuses to connect: {_SOCKS_REFUSALS.get(reply, reply)}")
        length = {1: 4, 4: 16}.get(kind) or (await self._answer.take(1))[0]
        await self._answer.take(length + 2)

    def _failed(self, problem: str) -> ProxyError:
        return ProxyError(self._proxy.name, problem)


def _place(host: str) -> bytes:
    try:
        address = ip_address(host)
    except ValueError:
        name = host.encode("ascii")
        return bytes((3, len(name))) + name
    return (b"\x01" if address.version == 4 else b"\x04") + address.packed
