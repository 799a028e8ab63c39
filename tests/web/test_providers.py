"""Logging in by providers: what proves somebody, and everything that does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import select

from daemon.config import WebConfig
from daemon.fetch.posting import Poster
from daemon.login.oidc import Oidc
from daemon.login.providers import providers_of
from daemon.operations.people import provided
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.web.context import Context
from daemon.web.server import serve
from tests.loopback import SETTINGS
from tests.making import add_rows, count
from tests.provider import CLIENT, SECRET, ProviderOnLoopback, key_of, providing
from tests.web.conftest import FREE, NOW, Answer, Pages, text_of

JANE = "corp|248289761001"
OCTO = "github|12345"
Break = Callable[[ProviderOnLoopback], None]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough but for what is used up once, which has its own test."""
    return sqlite_url


@pytest.fixture
async def provider() -> AsyncIterator[ProviderOnLoopback]:
    async with providing(NOW) as provider:
        yield provider


@pytest.fixture
def logins() -> dict[str, dict[str, Any]]:
    """What tests say of providers beyond what all need."""
    return {"corp": {}, "github": {"kind": "github"}}


@pytest.fixture
def web_settings(provider: ProviderOnLoopback, logins: dict[str, dict[str, Any]]) -> dict[str, Any]:
    every = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET}
    return {
        "requests_per_second": 0,
        "public_url": "http://localhost:8788",
        "login": [{"name": name, **every, **said} for name, said in logins.items()],
    }


@pytest.fixture
async def poster() -> AsyncIterator[Poster]:
    async with Poster(SETTINGS) as poster:
        yield poster


@pytest.fixture(autouse=True)
async def served(context: Context, poster: Poster, database: Database) -> None:
    """Jane and Octo are users; the pages know the providers."""
    have_providers(context, poster)
    rows = [
        tables.User(id=JANE, email="jane@example.org", username="Jane"),
        tables.User(id=OCTO, email="octo@example.org", username="Octo"),
    ]
    await add_rows(database, *rows)


def have_providers(context: Context, poster: Poster) -> None:
    found = providers_of(context.config().web.login, poster.exchange)
    object.__setattr__(context, "providers", found)


async def begin(pages: Pages, name: str = "corp", to: str = "/") -> str:
    """Begin a login: where the browser is sent."""
    answer = await pages.get(f"/login/{name}?to={to}")
    assert answer.status == 303, text_of(answer.text)
    return answer.headers["Location"]


async def back_from(location: str) -> str:
    """Log in at the provider: the path of ours to which it gives the browser back."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(location, allow_redirects=False) as answer,
    ):
        parts = urlsplit(answer.headers["Location"])
        return f"{parts.path}?{parts.query}"


async def log_in(pages: Pages, name: str = "corp", to: str = "/") -> Answer:
    return await pages.get(await back_from(await begin(pages, name, to)))


async def assert_refused(answer: Answer, database: Database, status: int = 403) -> None:
    """Nobody is in, nothing is made, and the words tell an attacker nothing."""
    assert answer.status == status, text_of(answer.text)
    assert not answer.headers.get("Set-Cookie", "").startswith("changelogger=")
    assert await count(database, tables.WebSession) == 0
    assert await count(database, tables.User) == 2
    for word in ("token", "signature", "nonce", "issuer", "127.0.0.1", "invalid"):
        assert word not in text_of(answer.text)


async def test_a_login_by_a_provider_leads_to_what_was_asked_for(
    pages: Pages, database: Database
) -> None:
    shown = await pages.get("/login?to=/sites%3Fstate%3Dfailing")
    assert 'href="/login/corp?to=/sites%3Fstate%3Dfailing"' in shown.text
    answer = await log_in(pages, to="/sites%3Fstate%3Dfailing")
    assert (answer.status, answer.headers["Location"]) == (303, "/sites?state=failing")
    assert (await pages.get("/sites")).status == 200
    async with database.reading() as session:
        found = (await session.scalars(select(tables.WebSession))).one()
    assert (found.user_id, found.how) == (JANE, "oidc:corp")
    assert await count(database, tables.LoginFlow) == 0


async def test_what_the_provider_is_asked_for(pages: Pages, provider: ProviderOnLoopback) -> None:
    values = {n: v[0] for n, v in parse_qs(urlsplit(await begin(pages)).query).items()}
    assert values["redirect_uri"] == "http://localhost:8788/login/corp/callback"
    assert values["scope"] == "openid email profile"
    assert values["response_type"] == "code"
    for name in ("state", "nonce", "code_challenge"):
        assert len(values[name]) == 43
    other = {n: v[0] for n, v in parse_qs(urlsplit(await begin(pages)).query).items()}
    assert not {*values.values()} & {other["state"], other["nonce"], other["code_challenge"]}


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES384", "EdDSA"])
async def test_signatures_of_public_keys_are_taken(
    pages: Pages, provider: ProviderOnLoopback, algorithm: str
) -> None:
    provider.sign_with(algorithm)
    assert (await log_in(pages)).status == 303


def _claim(**values: Any) -> Break:
    return lambda provider: provider.claims.update(values)


def _unsigned(provider: ProviderOnLoopback) -> None:
    provider.algorithm = "none"


def _signed_with_the_secret(provider: ProviderOnLoopback) -> None:
    provider.sign_with("HS256")


def _signed_by_another(provider: ProviderOnLoopback) -> None:
    provider.sign_with("RS256", "another", is_shown=False)
    provider.header["kid"] = key_of("RS256").kid


def _with_a_key_for_secrets_shown(provider: ProviderOnLoopback) -> None:
    provider.sign_with("RS256", "another")
    provider.shown = [key_of("HS256")]


def _unknown_key(provider: ProviderOnLoopback) -> None:
    provider.sign_with("ES256", is_shown=False)


def _no_token(provider: ProviderOnLoopback) -> None:
    provider.answers["/token"] = lambda: web.json_response({"access_token": "x"})


def _garbled_token(provider: ProviderOnLoopback) -> None:
    provider.answers["/token"] = lambda: web.json_response({"id_token": "x.y.z"})


def _no_json(provider: ProviderOnLoopback) -> None:
    provider.answers["/token"] = lambda: web.Response(text="<html>")


REFUSED: dict[str, Break] = {
    "alg none": _unsigned,
    "HS256 with the client secret": _signed_with_the_secret,
    "another's signature": _signed_by_another,
    "a secret among the keys": _with_a_key_for_secrets_shown,
    "unknown key": _unknown_key,
    "no ID token": _no_token,
    "a garbled ID token": _garbled_token,
    "no JSON": _no_json,
    "foreign iss": _claim(iss="https://evil.test"),
    "foreign aud": _claim(aud="another"),
    "no aud": _claim(aud=None),
    "two aud and no azp": _claim(aud=[CLIENT, "another"]),
    "foreign azp": _claim(azp="another"),
    "ended": _claim(exp=(NOW - timedelta(minutes=2)).timestamp()),
    "no end": _claim(exp=None),
    "an end in words": _claim(exp="never"),
    "of the future": _claim(iat=(NOW + timedelta(minutes=2)).timestamp()),
    "not yet": _claim(nbf=(NOW + timedelta(minutes=2)).timestamp()),
    "wrong nonce": _claim(nonce="x" * 43),
    "no nonce": _claim(nonce=None),
    "no sub": _claim(sub=None),
    "a long sub": _claim(sub="x" * 300),
    "sub of control characters": _claim(sub="a\nb"),
    "a stranger": _claim(sub="7", email="new@example.org"),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_what_proves_nothing_lets_nobody_in(
    pages: Pages,
    database: Database,
    provider: ProviderOnLoopback,
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    REFUSED[why](provider)
    await assert_refused(await log_in(pages), database)
    assert caplog.text.count("event='login_refused'") == caplog.text.count("corp: ") == 1


@pytest.mark.parametrize(
    ("claims", "lets_in"),
    [
        ({"aud": [CLIENT, "another"], "azp": CLIENT}, True),
        ({"exp": (NOW - timedelta(seconds=30)).timestamp()}, True),  # clocks differ a little
        ({"iat": (NOW + timedelta(seconds=30)).timestamp()}, True),
        ({"sub": "7", "email": "jane@example.org"}, False),  # nobody is known by their mail
    ],
)
async def test_what_else_is_right(
    pages: Pages, provider: ProviderOnLoopback, claims: dict[str, Any], lets_in: bool
) -> None:
    provider.claims |= claims
    assert (await log_in(pages)).status == (303 if lets_in else 403)


async def test_a_login_ends_once_in_its_browser_within_ten_minutes(
    pages: Pages, context: Context, database: Database, provider: ProviderOnLoopback
) -> None:
    path = await back_from(await begin(pages))
    cookies = {one.key: one.value for one in pages.session.cookie_jar}
    pages.session.cookie_jar.clear()
    await assert_refused(await pages.get(path), database)  # in another browser
    pages.session.cookie_jar.clear()
    pages.session.cookie_jar.update_cookies(cookies)
    state = path.partition("state=")[2].partition("&")[0]
    await assert_refused(await pages.get(path.replace(state, "x" * 43)), database)
    await assert_refused(await pages.get(path.replace("/corp/", "/github/")), database)
    await assert_refused(await pages.get("/login/corp/callback"), database)
    object.__setattr__(context, "clock", lambda: NOW + timedelta(minutes=10))
    await assert_refused(await pages.get(path), database)
    object.__setattr__(context, "clock", lambda: NOW)
    assert (await pages.get(path)).status == 303
    await pages.post("/logout")
    await assert_refused(await pages.get(path), database)  # the state was used


async def test_codes_count_once_and_with_their_verifier_alone(
    pages: Pages, database: Database
) -> None:
    first = await back_from(await begin(pages))
    second = await back_from(await begin(pages))
    codes = [path.partition("code=")[2].partition("&")[0] for path in (first, second)]
    await assert_refused(await pages.get(first.replace(codes[0], codes[1])), database)
    await assert_refused(await pages.get(second), database)  # its code was used


async def test_an_answer_of_another_issuer_is_refused_before_anything_is_sent(
    pages: Pages, database: Database, provider: ProviderOnLoopback
) -> None:
    for wrong in ("iss=https%3A%2F%2Fevil.test", "other=1"):
        path = await back_from(await begin(pages))
        right = path[path.index("iss=") :].partition("&")[0]
        await assert_refused(await pages.get(path.replace(right, wrong)), database)
    assert provider.asked["/token"] == 0


async def test_who_says_no_at_the_provider_is_told_so(pages: Pages, database: Database) -> None:
    location = await begin(pages)
    values = {n: v[0] for n, v in parse_qs(urlsplit(location).query).items()}
    issuer = location.partition("/authorize")[0]
    path = f"/login/corp/callback?error=access_denied&state={values['state']}&iss={issuer}"
    answer = await pages.get(path)
    await assert_refused(answer, database)
    assert "the provider did not let you in" in answer.text


async def test_a_provider_changes_its_keys(
    pages: Pages, context: Context, provider: ProviderOnLoopback
) -> None:
    oidc, clock = context.providers["corp"], [0.0]
    assert isinstance(oidc, Oidc)
    oidc.keys.clock = lambda: clock[0]
    assert (await log_in(pages)).status == 303
    await pages.post("/logout")
    provider.sign_with("RS256", "second")
    assert (await log_in(pages)).status == 403  # asked for a moment ago
    assert provider.asked["/jwks"] == 1
    for algorithm, name in (("RS256", "second"), ("ES256", "third")):
        clock[0] += 10
        provider.sign_with(algorithm, name)
        assert (await log_in(pages)).status == 303
        await pages.post("/logout")
    assert provider.asked["/jwks"] == 3
    assert provider.asked["/.well-known/openid-configuration"] == 1


@pytest.mark.parametrize(
    ("path", "answer", "status"),
    [
        ("/token", lambda: web.Response(status=502), 503),
        ("/token", lambda: web.Response(status=302, headers={"Location": "/x"}), 403),
        ("/token", lambda: web.json_response({"error": "invalid_client"}, status=401), 403),
        ("/token", lambda: web.Response(body=b"x" * 70_000), 503),
        ("/jwks", lambda: web.Response(status=500), 503),
        ("/jwks", lambda: web.json_response(["x"]), 403),
        ("/jwks", lambda: web.json_response({"keys": [{"kty": "RSA"}, "x"]}), 403),
    ],
)
async def test_a_provider_that_is_broken_changes_nothing(
    pages: Pages,
    database: Database,
    provider: ProviderOnLoopback,
    path: str,
    answer: Callable[[], web.Response],
    status: int,
) -> None:
    provider.answers[path] = answer
    await assert_refused(await log_in(pages), database, status)


async def test_a_provider_that_is_down_is_said_at_the_beginning(
    pages: Pages, database: Database, provider: ProviderOnLoopback
) -> None:
    well_known = "/.well-known/openid-configuration"
    provider.answers[well_known] = lambda: web.Response(status=503)
    answer = await pages.get("/login/corp")
    await assert_refused(answer, database, 503)
    assert "does not answer" in answer.text
    provider.answers.clear()
    for wrong in (
        {"issuer": "https://evil.test"},
        {"token_endpoint": "http://evil.test/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ):
        provider.described = wrong
        await assert_refused(await pages.get("/login/corp"), database)
    assert await count(database, tables.LoginFlow) == 0
    provider.described = {}
    assert (await log_in(pages)).status == 303


async def test_a_provider_that_is_slow_is_not_waited_for(
    pages: Pages, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await back_from(await begin(pages))
    monkeypatch.setattr(provided, "PATIENCE_SECONDS", 0)
    await assert_refused(await pages.get(path), database, 503)


async def test_what_is_wrong_is_told_the_operator(
    pages: Pages, provider: ProviderOnLoopback, caplog: pytest.LogCaptureFixture
) -> None:
    provider.answers["/token"] = lambda: web.json_response({"error": "invalid_client"}, status=401)
    await log_in(pages)
    assert "answered 401 (invalid_client)" in caplog.text
    assert SECRET not in caplog.text
    provider.answers.clear()
    provider.claims = {"aud": "another"}
    await log_in(pages)
    assert "corp: the ID token is for another client" in caplog.text


async def test_a_secret_goes_into_the_form_where_the_provider_wants_it(
    pages: Pages, provider: ProviderOnLoopback
) -> None:
    provider.described = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await log_in(pages)).status == 303


@pytest.mark.parametrize("logins", [{"corp": {"allow": ["@example.org"], "create_users": True}}])
async def test_new_users_are_made_of_who_is_allowed(
    pages: Pages, database: Database, provider: ProviderOnLoopback
) -> None:
    for wrong in (
        {"sub": "8", "email": "eve@evil.test"},
        {"sub": "8", "email": "eve@example.org", "email_verified": False},
        {"sub": "8", "email": "eve@example.org", "email_verified": None},
        {"sub": "8", "email": "eve@sub.example.org"},
        {"sub": "8", "email": "eve@example.org\n@evil.test"},
        {"sub": "248289761001", "email": "jane@evil.test"},
    ):
        provider.claims = wrong
        await assert_refused(await log_in(pages), database)
    provider.claims = {"sub": "8", "email": "octo@example.org"}
    answer = await log_in(pages)
    assert (answer.status, await count(database, tables.User)) == (403, 2)
    assert "another user" in text_of(answer.text)
    provider.claims = {"sub": "8", "email": "eve@Example.org", "preferred_username": "eve"}
    assert (await log_in(pages)).status == 303
    async with database.reading() as session:
        eve = await session.get_one(tables.User, "corp|8")
    assert (eve.email, eve.username, eve.role) == ("eve@Example.org", "eve", "owner")


@pytest.mark.parametrize("logins", [{"corp": {"admins": ["corp|9", JANE]}}])
async def test_admins_are_those_that_the_file_names(
    pages: Pages, database: Database, provider: ProviderOnLoopback
) -> None:
    provider.claims = {"sub": "8", "email": "eve@example.org"}
    await assert_refused(await log_in(pages), database)
    for claims in ({"sub": "9", "email": "root@example.org"}, {}):
        provider.claims = claims
        assert (await log_in(pages)).status == 303
        assert (await pages.get("/users")).status == 200
        await pages.post("/logout")


async def test_what_only_userinfo_tells_is_asked_for(
    pages: Pages, database: Database, provider: ProviderOnLoopback
) -> None:
    provider.claims = {"email": None, "email_verified": None, "preferred_username": None}
    provider.userinfo = {"sub": "another", "email": "eve@example.org", "email_verified": True}
    await assert_refused(await log_in(pages), database)
    provider.userinfo["sub"] = "248289761001"
    assert (await log_in(pages)).status == 303
    assert provider.asked["/userinfo"] == 2


async def test_a_foreign_page_begins_no_login(pages: Pages, database: Database) -> None:
    answer = await pages.get("/login/corp", Sec_Fetch_Site="cross-site")
    assert (answer.status, "Log in with corp" in answer.text) == (200, True)
    assert (await pages.get("/login/nobody")).status == 404
    assert (await pages.get("/login/corp?to=//evil.test")).status == 400
    assert await count(database, tables.LoginFlow) == 0


async def test_a_login_begins_at_one_daemon_and_ends_at_another(
    pages: Pages, context: Context, poster: Poster
) -> None:
    path = await back_from(await begin(pages))
    values = {name: getattr(context, name) for name in context.__dataclass_fields__}
    other = Context(**values | {"key": b"another daemon's"})
    have_providers(other, poster)
    async with serve(other, FREE) as url:
        pages.url = url
        assert (await pages.get(path)).status == 303
        assert (await pages.get("/sites")).status == 200


EMAILS = [
    {"email": "second@example.org", "primary": False, "verified": True},
    {"email": "octo@example.org", "primary": True, "verified": True},
]


async def test_a_login_by_github(
    pages: Pages, database: Database, provider: ProviderOnLoopback
) -> None:
    provider.emails = EMAILS
    location = await begin(pages, "github")
    assert "scope=read%3Auser+user%3Aemail" in location
    assert (await pages.get(await back_from(location))).status == 303
    async with database.reading() as session:
        found = (await session.scalars(select(tables.WebSession))).one()
    assert (found.user_id, found.how) == (OCTO, "github:github")


async def test_github_refuses_with_status_200(pages: Pages, database: Database) -> None:
    first = await back_from(await begin(pages, "github"))
    second = await back_from(await begin(pages, "github"))
    codes = [path.partition("code=")[2].partition("&")[0] for path in (first, second)]
    await assert_refused(await pages.get(first.replace(codes[0], codes[1])), database)


@pytest.mark.parametrize(
    "user", [{}, {"id": "12345"}, {"id": True}, {"login": "Octo-Cat"}, {"id": 7, "login": "Octo"}]
)
async def test_a_name_at_github_is_nobody(
    pages: Pages, database: Database, provider: ProviderOnLoopback, user: dict[str, Any]
) -> None:
    provider.user, provider.emails = user, EMAILS
    await assert_refused(await log_in(pages, "github"), database)


@pytest.mark.parametrize(
    "logins", [{"github": {"kind": "github", "allow": ["@new.test"], "create_users": True}}]
)
@pytest.mark.parametrize(
    ("emails", "lets_in"),
    [
        ([{"email": "eve@new.test", "primary": True, "verified": True}], True),
        ([{"email": "eve@new.test", "primary": True, "verified": False}], False),
        ([{"email": "eve@new.test", "primary": False, "verified": True}], False),
        ({"message": "none"}, False),
    ],
)
async def test_only_the_verified_primary_address_of_github_counts(
    pages: Pages, provider: ProviderOnLoopback, emails: Any, lets_in: bool
) -> None:
    provider.user, provider.emails = {"id": 7, "login": "eve"}, emails
    assert (await log_in(pages, "github")).status == (303 if lets_in else 403)


def test_github_itself_needs_no_address() -> None:
    said = {"name": "github", "kind": "github", "client_id": "x", "client_secret": "y"}
    config = WebConfig.model_validate({"public_url": "https://w.example.org", "login": [said]})
    assert config.login[0].address == "https://github.com"
    assert config.login[0].label == "GitHub"
