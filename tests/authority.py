"""A certificate authority of nobody: certificates and keys in files, for servers on loopback."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


class Authority:
    """Signs certificates, and writes them and their keys into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("authority")
        made = self._signed(self._name, self._key, datetime.now(UTC) + _DAY, is_authority=True)
        self.file = self._write("ca.pem", made.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, days: int = 1, passphrase: bytes | None = None) -> Path:
        """A certificate for loopback, as NAME.pem, with its key, as NAME.key."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._signed(_named(name), key, datetime.now(UTC) + days * _DAY)
        cipher = (
            serialization.BestAvailableEncryption(passphrase)
            if passphrase
            else serialization.NoEncryption()
        )
        form = serialization.PrivateFormat.PKCS8
        private = key.private_bytes(serialization.Encoding.PEM, form, cipher)
        self._write(f"{name}.key", private)
        return self._write(f"{name}.pem", made.public_bytes(serialization.Encoding.PEM))

    def server(self, *, asks: bool) -> ssl.SSLContext:
        """The context of a server, which `asks` for a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.issue("server"), self.folder / "server.key")
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.file)
        return context

    def _signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        until: datetime,
        *,
        is_authority: bool = False,
    ) -> x509.Certificate:
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        constraints = x509.BasicConstraints(ca=is_authority, path_length=None)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(until - 400 * _DAY)
            .not_valid_after(until)
            .add_extension(here, critical=False)
            .add_extension(own, critical=False)
            .add_extension(signer, critical=False)
            .add_extension(constraints, critical=True)
        )
        return builder.sign(self._key, hashes.SHA256())

    def _write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
