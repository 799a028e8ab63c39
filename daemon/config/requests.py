"""The options of a request: method, body, headers, cookies, authentication and proxy."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PrivateAttr, SecretStr

from daemon.config.options.rendering import RenderingOptions
from daemon.config.sections import CrossChecked, UserAgent
from daemon.config.values import Duration, Flaw, Headers, HeaderValue, Line, refused
from daemon.extract.charset import codec_of
from daemon.model.errors import CertificateError
from daemon.model.request import BODYLESS, Request, Tls
from daemon.redaction import is_secret_key
from daemon.system.tls import refuse_unusable

_BODIES = ("body", "json_body", "form")
_WRITTEN = {"json_body": "json"}
_TYPES = {
    "body": "text/plain; charset=utf-8",
    "json_body": "application/json",
    "form": "application/x-www-form-urlencoded",
}
_AS_HEADERS = {"auth": "authorization", "cookies": "cookie", "user_agent": "user-agent"}
_IDENTITY = frozenset({"client_certificate", "client_key"})
_UNMISTAKABLE = 8  # a shorter value of a form, such as "search", would mask words everywhere


def _method(value: object) -> object:
    method = value.upper() if isinstance(value, str) else value
    if method == "HEAD":
        raise refused("gets an answer without a body: nothing to read", 'write method = "GET"')
    return method


def _as_json(value: Any) -> Any:
    """JSON from a table or a list, or the text of a document, which is sent as it is."""
    if isinstance(value, SecretStr):
        return value
    try:
        if isinstance(value, str):
            json.loads(value)
            return value
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        raise refused("is not JSON", "write a table, a list, or JSON in quotes") from None


def _cookie_name(name: str) -> str:
    if (
        not name
        or set(name) & set(' "(),/:;<=>?@[\\]{}')
        or not (name.isascii() and name.isprintable())
    ):
        raise refused("is not the name of a cookie")
    return name


def _cookie_value(value: SecretStr) -> SecretStr:
    if set(value.get_secret_value()) & set(' ";\\,'):
        raise refused("holds a character that a cookie cannot", "write it percent-encoded")
    return value


def _charset(label: str) -> str:
    if codec_of(label) is None:
        raise refused("is not a charset of the web", 'write for example "windows-1252"')
    return label.strip().lower()


Charset = Annotated[str, AfterValidator(_charset)]
Timeout = Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(minutes=10))]
Method = Annotated[
    Literal["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], BeforeValidator(_method)
]
Json = Annotated[SecretStr, BeforeValidator(_as_json)]
CookieName = Annotated[str, AfterValidator(_cookie_name)]
Cookies = dict[CookieName, Annotated[HeaderValue, AfterValidator(_cookie_value)]]


class AuthConfig(CrossChecked):
    """A name and a password (RFC 7617), or a token (RFC 6750)."""

    username: Line | None = None
    password: SecretStr | None = None
    token: HeaderValue | None = None

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        if "token" in given and given.keys() & {"username", "password"}:
            yield Flaw(("token",), "is given beside a name and a password", "keep one of the two")
        is_known = not given.keys() - cls.model_fields.keys()  # else what was meant is told
        if is_known and not given.keys() & {"token", "username"}:
            yield Flaw((), "needs username and password, or a token")
        if ":" in str(given.get("username", "")):
            yield Flaw(("username",), "must not hold a colon")

    def header(self) -> str:
        """The value of the header Authorization."""
        if self.token is not None:
            return f"Bearer {self.token.get_secret_value()}"
        return f"Basic {self._encoded()}"

    def secrets(self) -> Iterator[str]:
        """The password or the token, in every form in which it is sent."""
        for one in (self.password, self.token):
            if one is not None:
                yield one.get_secret_value()
        if self.token is None:
            yield self._encoded()

    def _encoded(self) -> str:
        password = self.password.get_secret_value() if self.password else ""
        return base64.b64encode(f"{self.username}:{password}".encode()).decode()


class RequestOptions(RenderingOptions):
    """How a server is asked for a page; without any option, by a plain GET.

    Shape: pages are shared only by those whose requests are equal in all of this.
    """

    method: Method | None = None
    body: SecretStr | None = None
    json_body: Json | None = Field(None, alias="json")
    form: dict[str, SecretStr] | None = None
    headers: Headers = Field(default_factory=dict)
    cookies: Cookies = Field(default_factory=dict)
    auth: AuthConfig | None = None
    proxy: Line | None = None
    keep_cookies: bool = False
    timeout: Timeout | None = None
    user_agent: UserAgent | None = None
    charset: Charset | None = None
    client_certificate: Line | None = None
    client_key: Line | None = None
    ca_file: Line | None = None
    verify_tls: bool | None = None

    _own: frozenset[str] = PrivateAttr(frozenset())

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        bodies = [name for name in map(_as_written, _BODIES) if given.get(name) is not None]
        for other in bodies[1:]:
            yield Flaw((other,), f"is given beside {bodies[0]}", "keep one of the two")
        method = str(given.get("method")).upper()
        if bodies and method in BODYLESS:
            yield Flaw((bodies[0],), f"is not sent by {method}", 'write method = "POST"')
        headers = given.get("headers")
        named = {str(name).lower() for name in headers} if isinstance(headers, Mapping) else set()
        for option, header in _AS_HEADERS.items():
            if header in named and given.get(option):
                problem = f"is given beside the header {header}"
                yield Flaw((option,), problem, "keep one of the two")
        yield from _unusable_files(given)
        yield from cls.misfits_of_rendering(given)
        yield from _not_by_a_browser(given)

    def tls(self) -> Tls | None:
        """How TLS is spoken with it, where anything is said of that."""
        files = self.client_certificate or "", self.client_key or "", self.ca_file or ""
        said = any(files) or self.verify_tls is not None
        return Tls(*files, verify=self.verify_tls) if said else None

    def request_to(self, url: str) -> Request:
        """The request to a URL, secrets included."""
        bodies = self._bodies()
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        if self.cookies:
            pairs = (f"{name}={value.get_secret_value()}" for name, value in self.cookies.items())
            _put(headers, "Cookie", "; ".join(pairs))
        if self.auth:
            _put(headers, "Authorization", self.auth.header())
        if self.user_agent:
            _put(headers, "User-Agent", self.user_agent)
        if bodies and "content-type" not in map(str.lower, headers):
            headers["Content-Type"] = _TYPES[bodies[0]]
        method = self.method or ("POST" if bodies else "GET")
        return Request(
            url,
            method,
            headers,
            body=self._content(bodies),
            proxy=self.proxy or "",
            keep_cookies=self.keep_cookies or any(one.login for one in self.step),
            tls=self.tls(),
            timeout_seconds=self.timeout.total_seconds() if self.timeout else 0.0,
            charset=self.charset or "",
            renderer=self.renderer,
            rendering=self.rendering(),
            steps=self.steps(),
            pictured=self.pictured,
        )

    @property
    def own(self) -> frozenset[str]:
        """The options that this table stated itself, before it was completed."""
        return self._own or frozenset(self.model_fields_set)

    def completed(self, layers: Iterable[RequestOptions]) -> Self:
        """The table with what it leaves open taken from these defaults, the strongest first."""
        done = self
        for layer in layers:
            done = done.model_copy(update=done.inherited(layer))
        if done is not self:
            done._own = _one_copy(self.own)
        return done

    def inherited(self, defaults: RequestOptions) -> dict[str, Any]:
        """The options of a type or a group that this table leaves open and does not keep out."""
        own, theirs = self._stated(), defaults._stated()
        names = self._shared(defaults)
        out = kept_out(own, theirs)
        return {
            name: getattr(defaults, name)
            for name in names - self.model_fields_set
            if _as_written(name) not in out
        }

    def _stated(self) -> dict[str, Any]:
        """What is stated in this table, by the names of the file."""
        return {_as_written(name): getattr(self, name) for name in self.model_fields_set}

    def request_secrets(self) -> Iterator[str]:
        """Every value here that must never be shown."""
        for name, secret in self.headers.items():
            if is_secret_key(name):
                value = secret.get_secret_value()
                # "Bearer abc": the credential is also secret without its scheme.
                yield from (value, value.rpartition(" ")[2])
        yield from (value.get_secret_value() for value in self.cookies.values())
        yield from self.auth.secrets() if self.auth else ()
        yield from self.typed()
        yield from _body_secrets(self)

    def _shared(self, defaults: RequestOptions) -> set[str]:
        """The options given there that mean the same here."""
        ours, theirs = type(self).model_fields, type(defaults).model_fields
        return {
            name
            for name in defaults.model_fields_set & ours.keys()
            if ours[name].annotation == theirs[name].annotation
            or getattr(defaults, name) in get_args(ours[name].annotation)
        }

    def _bodies(self) -> list[str]:
        return [name for name in _BODIES if getattr(self, name) is not None]

    def _content(self, bodies: list[str]) -> str:
        if self.form is not None:
            return urlencode({name: one.get_secret_value() for name, one in self.form.items()})
        return str(getattr(self, bodies[0]).get_secret_value()) if bodies else ""


def _as_written(name: str) -> str:
    """The name of an option in the file."""
    return _WRITTEN.get(name, name)


def _unusable_files(given: Mapping[str, Any]) -> Iterator[Flaw]:
    """Certificates, keys and authorities that cannot be used."""
    files = {name: given.get(name) for name in ("client_certificate", "client_key", "ca_file")}
    if files["client_key"] and not files["client_certificate"]:
        yield Flaw(("client_key",), "is given without client_certificate", "add it")
    certificate, key, authority = (
        one.strip() if isinstance(one, str) else "" for one in files.values()
    )
    for tls in (Tls(ca_file=authority), Tls(certificate, key)):
        try:
            refuse_unusable(tls)
        except CertificateError as exc:
            yield Flaw((exc.option,), exc.problem, exc.hint)


def _not_by_a_browser(given: Mapping[str, Any]) -> Iterator[Flaw]:
    """What a browser cannot be asked to do."""
    is_always = given.get("render") == "always" or any(map(given.get, ("step", "screenshot")))
    if not is_always and given.get("render") != "auto":
        return
    if is_always and given.get("charset"):
        yield Flaw(("charset",), "is given beside render", "a browser finds it by itself")
    if not is_always and given.get("keep_cookies"):
        hint = 'write render = "always": cookies are kept by one of the two'
        yield Flaw(("keep_cookies",), 'is given beside render = "auto"', hint)
    for name in ("client_certificate", *map(_as_written, _BODIES)):
        if given.get(name):
            yield Flaw((name,), "is given beside render", "a browser does without it")
    if str(given.get("method", "GET")).upper() != "GET":
        yield Flaw(("method",), "is given beside render", "a browser asks for pages by GET")


def kept_out(own: Mapping[str, Any], defaults: Mapping[str, Any]) -> set[str]:
    """The options that a table does not take from a type or a group, as the file spells them.

    Shape: those that its `not_inherited` names. A table with a body takes no other, nor a method
           that sends none; one with a header Authorization, Cookie or User-Agent takes no `auth`,
           `cookies` or `user_agent`, and one with a certificate or a key takes no other.
    """
    named = own.get("not_inherited")
    out = {str(name) for name in named} if isinstance(named, list | tuple) else set()
    bodies = {*map(_as_written, _BODIES)}
    if own.keys() & bodies or str(own.get("method")).upper() in BODYLESS:
        out |= bodies
    if own.keys() & bodies and str(defaults.get("method")).upper() in BODYLESS:
        out |= {"method"}
    headers = own.get("headers")
    given = {str(name).lower() for name in headers} if isinstance(headers, Mapping) else set()
    out |= {option for option, header in _AS_HEADERS.items() if header in given}
    return out | (_IDENTITY if own.keys() & _IDENTITY else set())


def unknown_to(kind: type[BaseModel], given: Mapping[str, Any]) -> Iterator[Flaw]:
    """The names in `not_inherited` that are no options, or are stated in the table as well."""
    names = given.get("not_inherited")
    if not isinstance(names, list | tuple):
        return
    options = {_as_written(name) for name in kind.model_fields}
    for index, name in enumerate(names):
        path = ("not_inherited", index)
        if name not in options:
            yield Flaw(path, f'"{str(name)[:60]}" is no option that a group or a type gives')
        elif name in given:
            yield Flaw(path, f'"{name}" is stated here as well', "keep one of the two")


@lru_cache(maxsize=4096)
def _one_copy(names: frozenset[str]) -> frozenset[str]:
    """The same set for all tables that state the same options: there may be 100,000."""
    return names


def _put(headers: dict[str, str], name: str, value: str) -> None:
    """Set a header, instead of one that was written in another case."""
    for other in [one for one in headers if one.lower() == name.lower()]:
        del headers[other]
    headers[name] = value


def _body_secrets(options: RequestOptions) -> Iterator[str]:
    if options.body is not None:
        yield options.body.get_secret_value()
    for name, one in (options.form or {}).items():
        if is_secret_key(name) or len(one.get_secret_value()) >= _UNMISTAKABLE:
            yield one.get_secret_value()
    if options.json_body is not None:
        text = options.json_body.get_secret_value()
        yield text
        yield from _secrets_in(json.loads(text))


def _secrets_in(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secrets_in(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _secrets_in(item, name)
    elif isinstance(value, str) and is_secret_key(name):
        yield value
