"""Makes TLS contexts from certificates, keys and authorities in files."""

from __future__ import annotations

import ssl
from collections import OrderedDict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from daemon.model.errors import CertificateError
from daemon.model.request import Tls

_PEM = "it has to be PEM: text that begins with -----BEGIN"
MOST_CONTEXTS = 64  # each holds the authorities of the system: some hundred kilobytes


def tls_context(tls: Tls, *, verify: bool = True) -> ssl.SSLContext:
    """A context for a client; `verify` counts where the settings do not say.

    Errors: CertificateError for a file that cannot be read or used.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    _load(context, tls)
    if not (verify if tls.verify is None else tls.verify):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def usual_context(*, verify: bool) -> ssl.SSLContext:
    """The context of all who say nothing of TLS, made once for the authorities of the system."""
    return _usual_context(verify, authorities())


def authorities() -> tuple[object, ...]:
    """Where the authorities of the system are, and which version of them."""
    paths = ssl.get_default_verify_paths()
    places = (paths.cafile or "", paths.capath or "")
    return (*places, *map(_version, places))


@lru_cache(maxsize=MOST_CONTEXTS)
def _usual_context(verify: bool, _authorities: object) -> ssl.SSLContext:
    # To read the authorities takes as long as some checks.
    return tls_context(Tls(), verify=verify)


def refuse_unusable(tls: Tls) -> None:
    """Raise CertificateError unless all files can be read and belong together."""
    if tls.client_certificate or tls.client_key or tls.ca_file:  # a context is dear to make
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), tls)


class TlsContexts:
    """The contexts in use, made once for each set of files, and anew when one has changed."""

    def __init__(self, *, verify: bool) -> None:
        self._verify = verify
        self._known: OrderedDict[tuple[object, ...], ssl.SSLContext] = OrderedDict()

    def of(self, tls: Tls) -> ssl.SSLContext:
        """The context for these settings.

        Errors: as of `tls_context`.
        """
        key = (tls, *map(_version, (tls.client_certificate, tls.client_key, tls.ca_file)))
        if key not in self._known:
            self._known[key] = tls_context(tls, verify=self._verify)
            if len(self._known) > MOST_CONTEXTS:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


def ends_at(certificate: str) -> datetime:
    """When the first certificate in a PEM file ends.

    Errors: CertificateError.
    """
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(
            _read("client_certificate", certificate)
        ).not_valid_after_utc
    except ValueError as exc:
        raise CertificateError("client_certificate", f"{certificate} holds no certificate") from exc


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    if tls.ca_file:
        _trust(context, tls.ca_file)
    if tls.client_certificate:
        _identify(context, tls.client_certificate, tls.client_key)


def _trust(context: ssl.SSLContext, file: str) -> None:
    text = _read("ca_file", file).decode("ascii", "replace")
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as exc:
        raise CertificateError("ca_file", f"{file} holds no certificate", _PEM) from exc


def _identify(context: ssl.SSLContext, certificate: str, key: str) -> None:
    if b"-----BEGIN CERTIFICATE" not in _read("client_certificate", certificate):
        raise CertificateError("client_certificate", f"{certificate} holds no certificate", _PEM)
    holder = "client_key" if key else "client_certificate"
    file = key or certificate
    text = _read(holder, file)
    if b"ENCRYPTED" in text:
        hint = "decrypt it with: openssl pkey -in FILE -out NEW"
        raise CertificateError(holder, f"{file} is encrypted with a passphrase", hint)
    if b"PRIVATE KEY-----" not in text:
        hint = _PEM if key else 'name the file of its key: client_key = "…"'
        raise CertificateError(holder, f"{file} holds no private key", hint)
    try:
        context.load_cert_chain(certificate, key or None)
    except ssl.SSLError as exc:
        _refuse(exc, holder, file)
    except (OSError, ValueError) as exc:
        raise CertificateError(holder, f"{file} cannot be used: {exc}") from exc


def _refuse(error: ssl.SSLError, holder: str, file: str) -> NoReturn:
    reason = error.reason or ""
    if "VALUES_MISMATCH" in reason:
        raise CertificateError(holder, f"{file} is not the key of the certificate") from error
    raise CertificateError(holder, f"{file} cannot be used: {reason or error}", _PEM) from error


def _read(option: str, file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "not a file name"
        raise CertificateError(option, f"cannot read {file!r}: {reason}") from exc


def _version(file: str) -> tuple[int, int]:
    try:
        found = Path(file).stat() if file else None
    except OSError:
        return 0, 0
    return (found.st_mtime_ns, found.st_size) if found else (0, 0)
