"""A secret server on loopback, and a page that tries every way to reach it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PAGE_ADDRESS = "127.0.0.2"
_HOSTS = (
    "127.0.0.1",
    "127.1",
    "0.0.0.0",
    "2130706433",
    "0x7f.0.0.1",
    "localhost",
    "foo.localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::]",
)
_SUBRESOURCES = (
    '<img src="http://{0}/img">',
    '<img srcset="http://{0}/srcset 2x">',
    '<iframe src="http://{0}/iframe"></iframe>',
    '<script src="http://{0}/script"></script>',
    '<link rel="stylesheet" href="http://{0}/css">',
    '<object data="http://{0}/object"></object>',
    '<embed src="http://{0}/embed">',
    '<video src="http://{0}/video" preload="auto" autoplay muted></video>',
    '<audio src="http://{0}/audio" preload="auto" autoplay muted></audio>',
    '<link rel="icon" href="http://{0}/icon">',
    '<link rel="dns-prefetch" href="//{0}">',
    '<link rel="preconnect" href="http://{0}">',
    '<link rel="prefetch" href="http://{0}/prefetch">',
    '<link rel="preload" as="fetch" crossorigin href="http://{0}/preload">',
    '<link rel="modulepreload" href="http://{0}/module">',
    '<link rel="manifest" href="http://{0}/manifest">',
    '<div style="background:url(http://{0}/background)">b</div>',
    (
        "<style>@import url(http://{0}/import); @font-face {{font-family:f{1};"
        "src:url(http://{0}/font)}} p{{font-family:f{1}}}</style><p>p</p>"
    ),
    (
        '<form id="form{1}" action="http://{0}/form" target="frame{1}" method="post"></form>'
        '<iframe name="frame{1}"></iframe><script>document.forms.form{1}.submit()</script>'
    ),
    '<iframe src="/to?http://{0}/redirect"></iframe>',
    '<iframe srcdoc="<img src=http://{0}/srcdoc>"></iframe>',
    '<iframe sandbox="allow-scripts" src="data:text/html,<img src=http://{0}/data>"></iframe>',
    '<svg><image href="http://{0}/svg"/></svg>',
    (
        '<a ping="http://{0}/ping" href="#" id="ping{1}">a</a>'
        "<script>document.getElementById('ping{1}').click()</script>"
    ),
)
_SCRIPT = """
const tried = work => { try { const p = work(); if (p && p.catch) p.catch(() => {}) } catch {} };
const worker = code => new Worker(URL.createObjectURL(new Blob([code])));
for (const at of HOSTS) {
  tried(() => fetch('http://' + at + '/fetch', {mode: 'no-cors'}));
  tried(() => fetch('https://' + at + '/fetch', {mode: 'no-cors'}));
  tried(() => { const r = new XMLHttpRequest(); r.open('GET', 'http://' + at + '/xhr'); r.send() });
  tried(() => new WebSocket('ws://' + at + '/ws'));
  tried(() => new WebSocket('wss://' + at + '/wss'));
  tried(() => new EventSource('http://' + at + '/events'));
  tried(() => navigator.sendBeacon('http://' + at + '/beacon', 'x'));
  tried(() => worker("fetch('http://" + at + "/worker', {mode: 'no-cors'})"));
  tried(() => worker("importScripts('http://" + at + "/imported')"));
  tried(() => new SharedWorker('http://' + at + '/shared'));
  tried(() => window.open('http://' + at + '/open'));
  tried(() => import('http://' + at + '/dynamic'));
  tried(() => new Image().src = 'http://' + at + '/image');
  tried(() => new WebTransport('https://' + at + '/transport'));
  for (const scheme of ['stun', 'turn']) for (const way of ['udp', 'tcp']) tried(async () => {
    const one = new RTCPeerConnection({iceServers: [
      {urls: scheme + ':' + at + (scheme == 'turn' ? '?transport=' + way : ''),
       username: 'u', credential: 'c'}]});
    one.createDataChannel('x');
    await one.setLocalDescription(await one.createOffer());
    try { await one.addIceCandidate({candidate:
      'candidate:1 1 udp 2122260223 ' + at.replace(/:\\d+$/, '') + ' ' + at.split(':').pop() +
      ' typ host', sdpMid: '0'}) } catch {}
  });
}
tried(() => fetch('file:///etc/passwd'));
tried(() => window.open('file:///etc/passwd'));
tried(() => navigator.serviceWorker.register('/sw.js'));
const meta = document.createElement('iframe');
meta.srcdoc = '<meta http-equiv=refresh content="0;url=http://' + HOSTS[0] + '/refresh">';
document.body.append(meta);
"""


@dataclass(slots=True)
class Secrets:
    """What reached a server that no page may reach."""

    port: int
    tcp: list[str] = field(default_factory=list)
    udp: list[bytes] = field(default_factory=list)

    def page(self) -> str:
        """A page that tries every way, of every spelling of the address."""
        places = [f"{host}:{self.port}" for host in _HOSTS]
        markup = "".join(
            way.format(place, f"{number}{at}")
            for number, way in enumerate(_SUBRESOURCES)
            for at, place in enumerate(places)
        )
        script = _SCRIPT.replace("HOSTS", str(places))
        return f"<!doctype html><title>ways</title>{markup}<script>{script}</script><p>tried</p>"


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, kept: list[bytes]) -> None:
        self._kept = kept

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._kept.append(data)


@asynccontextmanager
async def secret_server() -> AsyncIterator[Secrets]:
    """A server on 127.0.0.1 and ::1, by TCP and UDP, on a port that is free on the page's address.

    Shape: the page must be served on the same port of `PAGE_ADDRESS`, so that the address alone
           tells the two apart.
    """
    loop = asyncio.get_running_loop()
    with socket.socket() as probe:
        probe.bind((PAGE_ADDRESS, 0))
        secrets = Secrets(probe.getsockname()[1])

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secrets.tcp.append("connected")
        secrets.tcp[-1] = (await reader.read(200)).decode("latin-1").partition("\r\n")[0]
        writer.close()

    places = ["127.0.0.1", *(["::1"] if socket.has_ipv6 else [])]
    servers = [await asyncio.start_server(note, place, secrets.port) for place in places]
    ends = [
        await loop.create_datagram_endpoint(
            lambda: _Datagrams(secrets.udp), local_addr=(place, secrets.port)
        )
        for place in places
    ]
    try:
        yield secrets
    finally:
        for server in servers:
            server.close()
        for transport, _ in ends:
            transport.close()
