"""Sends messages as e-mails with a text and an HTML part over SMTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Any

from daemon.model.errors import NotifyError
from daemon.notify.escaping import cut, line
from daemon.notify.phrases import way_out_of
from daemon.notify.values import Message

_BODY_UNITS = 200_000
MOST_PICTURE_BYTES = 3 * 1024 * 1024  # mail servers take about 10 MB, a third of it for encoding
PICTURE_NAME = "page.png"
_LONGEST_LINE = 998  # RFC 5322 §2.1.1
_SUBJECT_CHARACTERS = 150


@dataclass(frozen=True, slots=True)
class MailServer:
    """The SMTP server and the sender's address."""

    host: str
    port: int
    security: str  # "starttls", "tls" or "none"
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30.0


class _WholeHeader(UnstructuredHeader, BaseHeader):
    """A header that is never folded: its one word would be encoded, and be no address any more."""

    def fold(self, *, policy: Policy[Any]) -> str:
        """The header in one line."""
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _WholeHeader)
_POLICY = SMTP.clone(header_factory=_headers)


class Mail:
    """One recipient by mail."""

    def __init__(self, recipient: str, server: MailServer) -> None:
        self._recipient = recipient
        self._server = server

    async def send(self, message: Message) -> None:
        """Deliver the mail to the server; its acceptance counts as delivery."""
        # The library is needed only for mail.
        import aiosmtplib

        server = self._server
        mail = mail_of(message, server.sender, self._recipient)
        try:
            await aiosmtplib.send(
                mail,
                hostname=server.host,
                port=server.port,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                username=server.username or None,
                password=server.password or None,
                timeout=server.timeout_seconds,
            )
        except aiosmtplib.SMTPRecipientsRefused as exc:
            codes = [refused.code for refused in exc.recipients]
            raise NotifyError(
                f"the recipient is refused: {line(_said(exc))}",
                is_permanent=all(code >= 500 for code in codes),
            ) from exc
        except aiosmtplib.SMTPAuthenticationError as exc:
            # The operator can fix this: the mail itself is fine.
            raise NotifyError(f"the mail server refuses the login: {exc.code}") from exc
        except aiosmtplib.SMTPResponseException as exc:
            detail = f"the mail server answered {exc.code} {line(exc.message, 200)}"
            raise NotifyError(detail, is_permanent=exc.code >= 500) from exc
        except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
            raise NotifyError(_unprotected(exc, server) or _plainly(exc)) from exc


def _unprotected(exc: Exception, server: MailServer) -> str:
    """What to write when the server does not speak the TLS that it is asked for, else nothing."""
    if "STARTTLS extension not supported" in str(exc):
        return (
            'the mail server has no STARTTLS: [mail] security must be "tls", or "none" without any'
        )
    if server.security == "tls" and "WRONG_VERSION_NUMBER" in str(exc):
        said = f"the mail server speaks no TLS at port {server.port}"
        return f'{said}: [mail] security must be "starttls", or "none" without any'
    return ""


def _plainly(exc: Exception) -> str:
    return f"{type(exc).__name__}: {line(str(exc), 200)}"


def mail_of(message: Message, sender: str, recipient: str) -> EmailMessage:
    """The e-mail of a message: text from pages can neither become a header nor end one."""
    mail = EmailMessage(policy=_POLICY)
    mail["Subject"] = line(message.words.title, _SUBJECT_CHARACTERS) or "changelogger"
    mail["From"] = _address(sender, "changelogger")
    mail["To"] = _address(recipient)
    mail["Date"] = message.created_at
    # The same at every delivery: mail systems drop duplicates.
    mail["Message-ID"] = f"<{message.key}@{mail['From'].addresses[0].domain}>"
    mail["Idempotency-Key"] = message.key
    mail["Auto-Submitted"] = "auto-generated"
    _add_way_out(mail, way_out_of(message.facts))
    mail.set_content(cut(message.words.text, _BODY_UNITS))
    if len(message.words.html) <= _BODY_UNITS:
        mail.add_alternative(message.words.html, subtype="html")
    if message.picture:
        mail.add_attachment(message.picture, "image", "png", filename=PICTURE_NAME)
    return mail


def _add_way_out(mail: EmailMessage, url: str) -> None:
    """Let mail programs offer to unsubscribe, by one click where the link is encrypted.

    Source: RFC 2369 §3.2, RFC 8058 §3.1.
    """
    if not url or len(url) > _LONGEST_LINE - len("List-Unsubscribe: <>"):
        return
    mail["List-Unsubscribe"] = f"<{url}>"
    if url.startswith("https://"):
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _address(text: str, name: str = "") -> Address:
    try:
        return Address(display_name=name, addr_spec=text)
    except (ValueError, IndexError) as exc:
        raise NotifyError(f"not a mail address: {line(text, 100)}", is_permanent=True) from exc


def _said(error: object) -> str:
    recipients = getattr(error, "recipients", ())
    return "; ".join(f"{one.code} {one.message}" for one in recipients)


def recipient_of(url: str) -> str:
    """The address of a `mailto:` URL, without its options."""
    return url.removeprefix("mailto:").partition("?")[0]
