"""`export` and `import`: what is exported is imported as the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from daemon.characters import visible_line
from daemon.config import Config
from daemon.config.proxies import ProxyConfig
from daemon.config.reading.loading import load
from daemon.model.product import ProductRules
from daemon.model.request import BODYLESS, Request, Tls
from daemon.model.site import Rules, SiteSpec
from daemon.operations.installation.described import owners_of
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.products import ProductSpec, add_products
from daemon.store.catalogue.sites import add_sites
from daemon.store.catalogue.specs import asked_products, asked_sites
from daemon.store.core.database import Database
from daemon.transfer.exporting import ExportOptions, export
from daemon.transfer.formats.known import READERS, WRITERS, format_of
from daemon.transfer.importing import Imported, choose, usable
from daemon.transfer.sites import export_all, import_entries
from tests.authority import Authority
from tests.making import ADMIN, PAST

_OFFICE = ProxyConfig(name="office", url=SecretStr("http://127.0.0.1:3128"))
CONFIG = load(None, {}).model_copy(update={"proxies": (_OFFICE,)})
OWNER = "local"

_LINE = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30
).map(visible_line).filter(bool)  # fmt: skip
_ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
_PATH = st.text("abc/%27$-_~", max_size=10)
_WAY = st.fixed_dictionaries(
    {"proxy": st.sampled_from(["", "none", "office"]), "keep_cookies": st.booleans()}
)
_HEADERS = st.dictionaries(st.sampled_from(["Cookie", "X-Two", "Accept"]), _ASCII, max_size=2)
_METHOD = st.sampled_from(["GET", "POST", "PUT", "DELETE"])
_BODY = st.just("") | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_TEXTS = st.lists(_LINE.filter(lambda text: "(" not in text), max_size=2).map(tuple)
_PATTERNS = st.lists(
    st.sampled_from([r"\d+ ms", "it's", "'''", '"', "${HOME}", "$${x}", "a\tb", "\x7f", "ü☃"]),
    max_size=3,
).map(tuple)
_RULES = st.builds(
    Rules,
    main_content=st.booleans(),
    include=st.lists(st.sampled_from(["main", "//p", 'a[title="x\\"y"]']), max_size=2).map(tuple),
    links=st.booleans(),
    attributes=st.lists(st.sampled_from(["title", "data-x"]), max_size=2).map(tuple),
    extract=_PATTERNS,
    replace=st.lists(st.sampled_from([r"(\d) of -> \1 ", "a ->", "'\n -> \""]), max_size=2).map(
        tuple
    ),
    drop_lines=_PATTERNS,
    ignore=_PATTERNS,
    sensitivity=st.sampled_from([0.0, 0.5, -1.5]),
    intent=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    collapse_whitespace=st.booleans(),
    flap_hold=st.sampled_from(["1d", "6h", False]),
    mask=st.sampled_from([None, (), ("ages", "dates")]),
    follow=st.sampled_from(["same-site", "any", "none"]),
    notify_on=st.sampled_from(["auto", "significant", "every", "none"]),
    appears=st.lists(st.sampled_from(["Add to cart", r"re:\d+ left", "it's"]), max_size=2).map(
        tuple
    ),
    count=st.just(("css:li.slot",)),
    below=st.sampled_from([None, "49.9", "-3"]),
    watch_status=st.sampled_from([(), (404,), (404, 503), True]),
    changes_by=st.sampled_from([None, "5 %", "0.5"]),
)


def _request(path: str, headers: dict[str, str], method: str, body: str, way: Any) -> Request:
    from daemon.url import parse_url

    url = parse_url(f"https://example.org/{path}")
    if not body:
        return Request(url, method, headers, **way)
    typed = {**headers, "Content-Type": "text/xml"}
    return Request(url, "POST" if method in BODYLESS else method, typed, body=body, **way)


_TAGS = st.lists(
    st.sampled_from(["work", "blog", "${x}", "büro 2", 'a"b', "=1"]), unique=True, max_size=3
).map(tuple)
_SITES = st.builds(
    SiteSpec,
    name=_LINE,
    request=st.builds(_request, _PATH, _HEADERS, _METHOD, _BODY, _WAY),
    host=st.just("example.org"),
    owner_id=st.just(OWNER),
    check_frequency=st.sampled_from(["daily", "15m", "0 9 * * mon"]),
    hours=st.sampled_from([None, "08:00-18:00", "08:00-09:15, 22:00-06:00"]),
    days=st.sampled_from([None, "mon-fri", "mon, thu"]),
    time_zone=st.just(CONFIG.schedule.time_zone),
    site_type=st.sampled_from([None, "blog", "docs"]),
    rules=_RULES,
    is_active=st.booleans(),
    tags=_TAGS,
)
_PRODUCTS = st.builds(
    ProductSpec,
    name=_LINE,
    request=st.builds(_request, _PATH, _HEADERS, _METHOD, _BODY, _WAY),
    host=st.just("example.org"),
    owner_id=st.just(OWNER),
    check_frequency=st.sampled_from(["daily", "6h"]),
    time_zone=st.just(CONFIG.schedule.time_zone),
    category=st.none() | _LINE,
    target_price=st.none() | st.decimals("0.0001", "1000000", places=4),
    currency=st.sampled_from([None, "EUR"]),
    rules=st.builds(
        ProductRules,
        selector=st.none() | st.just(".price"),
        drop_percent=st.none() | st.just(Decimal("12.5")),
        any_drop=st.sampled_from([None, True, False]),
        back_in_stock=st.booleans(),
        notify_on=st.sampled_from(["significant", "every", "none"]),
    ),
    is_active=st.booleans(),
)


def brought(text: str, format_: str, config: Config = CONFIG) -> Imported:
    """What a file makes of an empty database."""
    return imported_from(text.encode(), format_, config)


def imported_from(data: bytes, format_: str, config: Config = CONFIG) -> Imported:
    """What the bytes of a file make of an empty database."""
    result = Imported()
    wanted = usable(READERS[format_](data), config, {}, result)
    choose(wanted, config, [], [], result)
    return result


def written(sites: Any, products: Any, format_: str, *, with_secrets: bool = True) -> str:
    done = export(CONFIG, sites, products, with_secrets=with_secrets)
    return "".join(f"{line}\n" for line in WRITERS[format_](done.tables))


@pytest.mark.parametrize("format_", ["toml", "json"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sites=st.lists(_SITES, max_size=3, unique_by=lambda site: site.name),
    products=st.lists(_PRODUCTS, max_size=3, unique_by=lambda product: product.name),
)
def test_what_was_exported_is_imported_as_the_same(
    format_: str, sites: list[SiteSpec], products: list[ProductSpec]
) -> None:
    text = written(sites, products, format_)
    result = brought(text, format_)
    assert result.faults == []
    assert [note for note in result.notes if not note.text.endswith("by the same rules")] == []
    assert result.sites == sites
    assert [spec for specs in result.products for spec in specs] == products


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sites=st.lists(_SITES, min_size=1, max_size=3, unique_by=lambda site: site.name))
def test_toml_can_be_pasted_into_the_configuration(
    sites: list[SiteSpec], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("pasted") / "config.toml"
    proxy = '[[proxy]]\nname = "office"\nurl = "http://127.0.0.1:3128"\n'
    path.write_text(proxy + written(sites, [], "toml"))
    from daemon.operations.installation.described import specs_of

    assert specs_of(load(path, {})) == sites


def a_site(name: str = "Blog", **more: Any) -> SiteSpec:
    fields: dict[str, Any] = {
        "request": Request("https://example.org/blog"),
        "host": "example.org",
        "owner_id": OWNER,
        "check_frequency": "6h",
        "time_zone": CONFIG.schedule.time_zone,
    }
    return SiteSpec(name, **(fields | more))


def a_product(url: str = "https://shop.example.org/kettle", **more: Any) -> ProductSpec:
    fields: dict[str, Any] = {"host": "shop.example.org", "owner_id": OWNER}
    fields |= {"check_frequency": "6h", "time_zone": CONFIG.schedule.time_zone}
    return ProductSpec("Kettle", Request(url), **(fields | more))


@pytest.mark.parametrize("format_", ["toml", "json", "csv"])
def test_a_product_at_two_addresses_stays_one(format_: str) -> None:
    both = [
        a_product(target_price=Decimal("79.9000"), currency="EUR"),
        a_product("https://other.example.org/k", target_price=Decimal("79.9000"), currency="EUR",
                  host="other.example.org"),
    ]  # fmt: skip
    assert brought(written([], both, format_), format_).products == [both]


def test_csv_carries_all_but_headers() -> None:
    rules = Rules(include=("main", "p, li"), ignore=(r"=\d+", "'@x"), sensitivity=0.5)
    site = a_site("=cmd()", rules=rules, site_type="blog", is_active=False)
    text = written([site], [], "csv")
    assert "'=cmd()" in text
    assert brought(text, "csv").sites == [site]


def test_opml_carries_names_urls_and_types() -> None:
    feed = a_site("News & <more>", rules=Rules(kind="feed"), site_type="news", check_frequency="1h")
    page = a_site("Page", request=Request("https://example.org/p?a=1&b=2"))
    text = written([page, feed], [], "opml")
    found = {site.name: site for site in brought(text, "opml").sites}
    assert found["News & <more>"].site_type == "news"
    assert found["News & <more>"].rules.kind == "feed"
    assert found["Page"].request.url == "https://example.org/p?a=1&b=2"


def test_what_a_type_would_decide_is_written_out() -> None:
    site = a_site(site_type="blog", rules=Rules(main_content=False))
    text = written([site], [], "toml")
    assert "main_content = false" in text
    assert brought(text, "toml").sites == [site]


def test_secrets_are_placeholders_and_what_has_one_is_paused() -> None:
    headers = {"Authorization": "Bearer hunter2", "Accept": "text/html", "X-Any": "hunter2"}
    site = a_site("4 Status", request=Request("https://example.org/", headers=headers))
    done = export(CONFIG, [site], [], with_secrets=False)
    assert done.hidden == ["4 Status: Authorization", "4 Status: X-Any"]
    assert done.tables["site"][0]["headers"] == {
        "Authorization": "${X4_STATUS_AUTHORIZATION}",
        "Accept": "text/html",
        "X-Any": "${X4_STATUS_X_ANY}",
    }
    result = brought(written([site], [], "json", with_secrets=False), "json")
    [brought_site] = result.sites
    assert not brought_site.is_active
    assert brought_site.request.headers == {"Accept": "text/html"}
    assert "the header Authorization is a placeholder" in result.notes[0].text


def test_a_body_is_a_placeholder_and_comes_back_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(
        "https://example.org/", "PUT", {"Content-Type": "text/xml"}, body="<hunter2/>"
    )
    site = a_site(request=request)
    for format_ in ("toml", "json", "csv"):
        assert brought(written([site], [], format_), format_).sites[0].request.body == "<hunter2/>"
    text = written([site], [], "toml", with_secrets=False)
    assert "hunter2" not in text
    [paused] = brought(text, "toml").sites
    assert (paused.is_active, paused.request.body, paused.request.method) == (False, "", "PUT")
    monkeypatch.setenv("BLOG_BODY", "<hunter2/>")
    assert brought(text, "toml").sites == [site]


def test_a_form_a_cookie_and_a_login_may_be_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORD", "hunter2")
    table = (
        '[[site]]\nname = "Blog"\nurl = "https://example.org/"\ncheck_frequency = "6h"\n'
        'form = { q = "${WORD}" }\ncookies = { sid = "${WORD}" }\n'
        'auth = { username = "me", password = "${WORD}" }\n'
    )
    request = brought(table, "toml").sites[0].request
    assert (request.method, request.body) == ("POST", "q=hunter2")
    assert request.headers["Cookie"] == "sid=hunter2"
    assert request.headers["Authorization"] == "Basic bWU6aHVudGVyMg=="


def test_a_login_without_its_placeholder_is_left_out() -> None:
    table = (
        '[[site]]\nname = "Blog"\nurl = "https://example.org/"\n'
        'auth = { token = "${NO_SUCH}" }\nform = { q = "${NO_SUCH}", r = "1" }\n'
    )
    result = brought(table, "toml")
    [site] = result.sites
    assert (site.is_active, site.request.headers, site.request.body) == (False, {}, "")
    assert "the authentication's token is a placeholder" in result.notes[0].text


def test_tls_a_timeout_and_a_charset_are_carried(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    client = authority.issue("client")
    tls = Tls(str(client), str(client.with_suffix(".key")), str(authority.file), verify=False)
    url = "https://example.org/"
    site = a_site(request=Request(url, tls=tls, timeout_seconds=90, charset="windows-1252"))
    for format_ in ("toml", "json", "csv"):
        assert brought(written([site], [], format_), format_).sites == [site]


def test_what_the_type_sends_is_written_out() -> None:
    config = Config.model_validate({"site_types": {"api": {"method": "PUT", "body": "hunter2"}}})
    plain = a_site(site_type="api")
    done = export(config, [plain], [], with_secrets=True)
    text = "\n".join(WRITERS["toml"](done.tables))
    assert brought(text, "toml", config).sites[0].request == plain.request


def test_a_placeholder_that_is_set_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOG_COOKIE", "hunter2")
    site = a_site(request=Request("https://example.org/", headers={"Cookie": "hunter2"}))
    assert brought(written([site], [], "toml", with_secrets=False), "toml").sites == [site]


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        (
            '"url": "https://example.org/?k=${HOME}"',
            "holds a variable, which only a header, a cookie",
        ),
        ('"url": "https://example.org/?k=${NO_SUCH}"', "${NO_SUCH} is not set in the environment"),
        ('"url": "https://example.org/?k=${file:SECRET}"', "and an import reads no other"),
        ('"include": ["${HOME}"], "url": "https://example.org/"', "holds a variable"),
        ('"headers": ["${HOME}"], "url": "https://example.org/"', "holds a variable"),
        ('"headers": ["${NO_SUCH}"], "url": "https://example.org/"', "is not set"),
    ],
)
def test_a_strangers_file_gets_nothing_of_this_machine_into_an_address(
    option: str, problem: str, tmp_path: Path
) -> None:
    (secret := tmp_path / "secret").write_text("hunter2")
    text = f'{{"sites": [{{"name": "Blog", {option}}}]}}'.replace("SECRET", str(secret))
    result = brought(text, "json")
    assert result.sites == []
    assert problem in result.faults[0].problem


def test_a_strangers_file_gets_no_file_of_this_machine_into_a_header(tmp_path: Path) -> None:
    (secret := tmp_path / "secret").write_text("hunter2")
    headers = f'{{"Cookie": "${{file:{secret}}}"}}'
    text = f'{{"sites": [{{"name": "B", "url": "https://b.example/", "headers": {headers}}}]}}'
    [site] = brought(text, "json").sites
    assert (site.request.headers, site.is_active) == ({}, False)


def test_names_of_two_owners_are_told_apart() -> None:
    config = Config.model_validate(
        {"owner": [{"id": "a", "email": "a@example.org"}, {"id": "b", "email": "b@example.org"}]}
    ).settled(())
    sites = [a_site(owner_id="a"), a_site(owner_id="b")]
    done = export(config, sites, [], with_secrets=True)
    assert [site["name"] for site in done.tables["site"]] == ["Blog", "Blog (2)"]
    assert done.renamed == ["'Blog' of b is 'Blog (2)'"]


BAD_TOML = """
[[site]]
name = "Good"
url = "https://example.org/"

[[site]]
name = "No address"
url = "nonsense"
include = ["p["]

[[site]]
url = "https://example.org/unnamed"
type = "gone"
owner = "nobody"

[[product]]
name = "Lamp"
url = "https://example.org/lamp"
target_price = -1
"""


def test_a_bad_entry_names_its_line_and_does_not_stop_the_others() -> None:
    result = brought(BAD_TOML, "toml")
    assert [site.name for site in result.sites] == ["Good", "example.org/unnamed"]
    assert {(fault.where, fault.key_path) for fault in result.faults} == {
        ("line 6", "url"),
        ("line 6", "include[0]"),
        ("line 16", "target_price"),
    }
    assert [note.text for note in result.notes] == [
        "without its owner 'nobody', who is not known here",
        "without its type 'gone': [site_types] has none of that name",
    ]


def test_the_types_of_a_whole_configuration_are_written_into_its_sites() -> None:
    text = """
[site_types.mine]
ignore = ['\\d+']
[[site]]
name = "A"
url = "https://example.org/"
type = "mine"
"""
    [site] = brought(text, "toml").sites
    assert site.rules.ignore == (r"\d+",)
    assert site.site_type is None


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ('[[site]]\nname = "A"\nurl = "https://a.example/"', "toml"),
        ('{"changelogger": 1, "sites": []}', "json"),
        ('\ufeff{"watching": {}}', "changedetection"),
        ('{"url": "https://a.example/", "processor": "restock_diff"}', "changedetection"),
        ("name,url\nA,https://a.example/", "csv"),
        ("Title;URL;Tags\nA;https://a.example/;x", "csv"),
        ('<?xml version="1.0"?><opml version="2.0"/>', "opml"),
        ("---\nname: A\nurl: https://a.example/\n---\nurl: https://b.example/", "urlwatch"),
        ("# mine\nkind: url\nnavigate: https://a.example/", "urlwatch"),
        ("# my list\nhttps://a.example/\n", "urls"),
        ("example.org/blog\n", "urls"),
        ("PK\x03\x04…", "changedetection"),
    ],
)
def test_a_format_is_recognised_by_what_is_in_it(text: str, format_: str) -> None:
    assert format_of(text.encode()) == format_


@pytest.fixture
def filled(database: Database) -> tuple[list[SiteSpec], list[ProductSpec]]:
    sites = [a_site("A", rules=Rules(include=("main",))), a_site("B", is_active=False)]
    return sites, [a_product()]


async def test_a_whole_database_is_carried_to_another(
    database: Database, filled: tuple[list[SiteSpec], list[ProductSpec]], tmp_path: Path
) -> None:
    sites, products = filled
    async with database.writing() as session:
        await sync_owners(session, owners_of(CONFIG))
        await add_sites(session, sites, PAST)
        await add_products(session, products, PAST)
    done = await export_all(
        database, ADMIN, CONFIG, ExportOptions(with_secrets=True, only_added=True)
    )
    text = "\n".join(WRITERS["json"](done.tables))
    again = await import_entries(database, ADMIN, CONFIG, READERS["json"](text.encode()), {}, PAST)
    assert (again.known, again.sites, again.products) == (3, [], [])
    assert brought(text, "json").sites == sites
    async with database.reading() as session:
        assert await asked_sites(session, ADMIN) == sites
        assert await asked_products(session, ADMIN) == products


async def test_what_is_imported_is_due_at_once(database: Database) -> None:
    text = "what,name,url\nsite,A,https://a.example/\nproduct,Kettle,https://b.example/"
    done = await import_entries(database, ADMIN, CONFIG, READERS["csv"](text.encode()), {}, PAST)
    assert (len(done.sites), len(done.products)) == (1, 1)
    async with database.reading() as session:
        assert [site.name for site in await asked_sites(session, ADMIN)] == ["A"]
        [product] = await asked_products(session, ADMIN)
        assert product.request.url == "https://b.example/"


async def test_without_a_moment_nothing_is_stored(database: Database) -> None:
    done = await import_entries(
        database, ADMIN, CONFIG, READERS["urls"](b"https://a.example"), {}, None
    )
    assert len(done.sites) == 1
    async with database.reading() as session:
        assert await asked_sites(session, ADMIN) == []


def test_what_else_a_configuration_holds_is_told() -> None:
    text = '[fetch]\nconcurrency = 3\n[[site]]\nurl = "https://example.org/"\n'
    text += '[[notify]]\nname = "phone"\nurl = "ntfy://x/y"\n[site_types.blog]\n'
    result = brought(text, "toml")
    assert {(note.place, note.text) for note in result.notes} == {
        ("line 1", "without fetch: only sites and products are imported"),
        ("line 5", "without notify: only sites and products are imported"),
    }
    assert len(result.sites) == 1


@pytest.mark.parametrize(
    ("format_", "text", "fault"),
    [
        ("toml", 'site = ["https://example.org/"]\n', "site[0]: is no table with a url"),
        ("json", '{"sites": ["https://example.org/"]}', "sites[0]: is no table with a url"),
        ("json", '{"sites": {"url": "https://example.org/"}}', "sites: is no list of tables"),
    ],
)
def test_what_is_no_table_is_a_fault(format_: str, text: str, fault: str) -> None:
    result = brought(text, format_)
    assert [str(one) for one in result.faults] == [fault]


def test_cells_behind_the_last_column_are_told() -> None:
    result = brought("url,name\nhttps://example.org/,Blog,more\n", "csv")
    assert [note.text for note in result.notes] == ["without what stands behind its last column"]
