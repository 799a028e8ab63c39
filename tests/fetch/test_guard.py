"""Which addresses may be connected to."""

from __future__ import annotations

import socket

import pytest

from daemon.config import FetchConfig
from daemon.fetch.client import Fetcher
from daemon.fetch.connection.guard import AddressGuard, BlockedAddressError
from daemon.model.errors import FetchError
from daemon.model.request import Request
from daemon.model.status import ErrorClass
from tests.hostile import page, redirect, running
from tests.living import PATIENCE_SECONDS

REFUSED = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9"),
    *("168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1"),
    *("192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "::ffff:0:10.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "64:ff9b:1::808:808"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::1", "2001:0:808:808::f5ff:fffe"),
    *("2001:db8::1", "2001:10::1", "2001:20::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254"),
    *("fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "100::1", "::ffff:0:0", "4000::1"),
    *("", "example.com", "127.1", "0x7f.1"),
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"),
    *("192.167.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "9.255.255.255", "11.0.0.0"),
    *("2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1", "::ffff:8.8.8.8"),
    *("64:ff9b::808:808", "2002:808:808::1"),
]


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(BlockedAddressError):
        AddressGuard().check(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_permitted(address: str) -> None:
    AddressGuard().check(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00::5"])
def test_an_opened_network_is_permitted_in_every_form(address: str) -> None:
    AddressGuard(["10.1.0.0/16", "fd00::/8"]).check(address)


@pytest.mark.parametrize("address", ["10.2.0.1", "127.0.0.1", "fe80::1"])
def test_an_opened_network_opens_nothing_else(address: str) -> None:
    with pytest.raises(BlockedAddressError):
        AddressGuard(["10.1.0.0/16", "fd00::/8"]).check(address)


def test_no_socket_is_made_for_a_refused_address() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("10.0.0.1", 80))
    with pytest.raises(BlockedAddressError, match="not a public address") as caught:
        AddressGuard().open_socket(info)
    assert "10.0.0.1" in caught.value.detail


def test_no_socket_is_made_for_another_family() -> None:
    with pytest.raises(BlockedAddressError):
        AddressGuard().open_socket((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/run/x"))


@pytest.mark.parametrize("respect_robots", [True, False])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_a_private_server_is_never_reached(name: str, respect_robots: bool) -> None:
    settings = FetchConfig(respect_robots=respect_robots, total_timeout_seconds=PATIENCE_SECONDS)
    async with running(page()) as site, Fetcher(settings) as fetcher:
        port = site.origin.rpartition(":")[2]
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(f"http://{name}:{port}/"))
        assert caught.value.error_class is ErrorClass.BLOCKED
        assert "fetch.allow_networks" in caught.value.detail
        assert site.connections == 0


async def test_a_redirect_to_a_private_name_is_never_reached() -> None:
    settings = FetchConfig(
        allow_networks=("127.0.0.2/32",),
        respect_robots=False,
        total_timeout_seconds=PATIENCE_SECONDS,
    )
    async with running(page()) as private, Fetcher(settings) as fetcher:
        port = private.origin.rpartition(":")[2]
        there = redirect(f"http://localhost:{port}/")
        async with running(there, host="127.0.0.2") as site:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(Request(site.url()))
        assert caught.value.error_class is ErrorClass.BLOCKED
        assert private.connections == 0
