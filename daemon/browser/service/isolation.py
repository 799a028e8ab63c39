"""Whether this process is cut off from every network, and how it gets so.

Source: network_namespaces(7), user_namespaces(7), capabilities(7), prctl(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import sys
from collections.abc import Sequence

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_REQUEST = struct.Struct("16sh14x")  # struct ifreq with ifr_flags
_PR_SET_CHILD_SUBREAPER, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 36, 47, 4
_ENTERED = "CHANGELOGGER_BROWSER_ISOLATED"


class IsolationError(Exception):
    """This process has a network, and cannot be cut off from it."""


def networks() -> list[str]:
    """The network interfaces that this process sees, but for loopback."""
    return [name for _, name in socket.if_nameindex() if name != "lo"]


def enter_empty_network(arguments: Sequence[str]) -> None:
    """Be in a network that has nothing but loopback: at once, or by starting this command anew.

    Errors: IsolationError where the system does not permit it.
    """
    if not networks():
        _raise_loopback()
        _drop_privileges()
        return
    if os.environ.get(_ENTERED):
        raise IsolationError(f"a namespace of its own still has {', '.join(networks())}")
    unshare = shutil.which("unshare")
    if unshare is None:
        raise IsolationError("there is no command `unshare` (util-linux)")
    os.environ[_ENTERED] = "1"
    command = [unshare, "--map-current-user", "--net", "--keep-caps", "--"]
    os.execv(unshare, [*command, *arguments])  # noqa: S606 - a path of ours, and no shell


def adopt_orphans() -> None:
    """Become the parent of whatever loses its own, so that nothing can run on unseen."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        flags = _REQUEST.unpack(fcntl.ioctl(line, _SIOCGIFFLAGS, _REQUEST.pack(b"lo", 0)))[1]
        if flags & _IFF_UP:
            return
        try:
            fcntl.ioctl(line, _SIOCSIFFLAGS, _REQUEST.pack(b"lo", flags | _IFF_UP))
        except OSError as exc:
            raise IsolationError(f"its loopback cannot be raised: {exc.strerror}") from exc


def _drop_privileges() -> None:
    """Give no capability on to the browser: those of the namespace were for its loopback."""
    with contextlib.suppress(OSError):  # none of an old kernel
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), sys.argv[0])
