"""Serves health and metrics over HTTP: /livez, /readyz, /status and /metrics.

Nothing here waits for the database, the network or a lock.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from daemon import __version__
from daemon.config.sections import HealthConfig
from daemon.model.errors import UNPLACED, ConfigError, Fault
from daemon.monitoring.health import Component, ComponentState, Health, worst
from daemon.monitoring.host_guard import finish_safely, only_known_hosts, protocol_logger
from daemon.monitoring.metrics import Metrics

_HEADER_BYTES = 4096
_BACKLOG = 512
# Another program may release the port, or the network with the address may still come up.
_PASSING = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)


@asynccontextmanager
async def serve(
    health: Health,
    metrics: Metrics,
    section: HealthConfig,
    idle_seconds: float = 5.0,
) -> AsyncIterator[str]:
    """Serve the endpoint where the section says; gives its URL. Port 0 takes a free one.

    Units:  a connection that has sent no whole request after `idle_seconds` is closed.
    Errors: ConfigError when the address cannot be taken.
    """
    runner = web.AppRunner(
        _app(health, metrics, section.allowed_hosts),
        access_log=None,
        logger=protocol_logger(),
        keepalive_timeout=idle_seconds,
        lingering_time=0,
        max_line_size=_HEADER_BYTES,
        max_field_size=_HEADER_BYTES,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    try:
        await _listen(runner, section.host, section.port)
        yield _url(runner)
    finally:
        await runner.cleanup()


def _app(health: Health, metrics: Metrics, allowed_hosts: Collection[str]) -> web.Application:
    async def livez(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_request: web.Request) -> web.Response:
        components = health.components()
        state = worst(components)
        status = 503 if state is ComponentState.FAILING else 200
        return _json({"state": state, "components": _shown(components)}, status)

    async def status(_request: web.Request) -> web.Response:
        components = health.components()
        answer = {
            "version": __version__,
            "pid": os.getpid(),
            "uptime_seconds": round(health.uptime_seconds, 3),
            "state": worst(components),
            "components": _shown(components),
            "figures": metrics.summary(),
        }
        return _json(answer)

    async def exposition(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(middlewares=[only_known_hosts(allowed_hosts)], client_max_size=1024)
    app.on_response_prepare.append(finish_safely)
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/status", status)
    app.router.add_get("/metrics", exposition)
    return app


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host.strip("[]"), port, backlog=_BACKLOG).start()
    except OSError as exc:
        fault = Fault(
            where=UNPLACED,
            key_path="health.port",
            problem=f"cannot listen on {host}:{port}: {os.strerror(exc.errno or 0).lower()}",
            hint="another daemon may run there; choose another port, or 0 for any free one",
        )
        raise ConfigError([fault], is_transient=exc.errno in _PASSING) from exc


def _url(runner: web.AppRunner) -> str:
    address = runner.addresses[0]
    name = f"[{address[0]}]" if ":" in address[0] else address[0]
    return f"http://{name}:{address[1]}"


def _shown(components: Mapping[str, Component]) -> dict[str, dict[str, str]]:
    return {
        name: {"state": component.state, "reason": component.reason}
        for name, component in components.items()
    }


def _json(answer: Mapping[str, object], status: int = 200) -> web.Response:
    text = json.dumps(answer, indent=2) + "\n"
    return web.Response(text=text, status=status, content_type="application/json")
