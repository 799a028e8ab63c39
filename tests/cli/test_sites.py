from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from daemon.analyse.noise.returns import MOST_RETURNS
from tests.authority import Authority
from tests.cli.conftest import Cli, Site

URL = "https://example.org/blog"


def test_a_site_added_is_listed_and_waits_for_its_first_check(cli: Cli) -> None:
    done = cli("sites", "add", URL, "--type", "blog", "--every", "6h")
    assert done.code == 0
    assert done.out == f"watching example.org/blog: {URL} (6h)\n"
    [listed] = cli("sites", "list", "--json").lines
    assert (listed["name"], listed["state"], listed["url"]) == ("example.org/blog", "new", URL)
    assert listed["rules"] == {"main_content": True}
    assert listed["check_frequency"] == "6h"


def test_the_noun_alone_lists(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog")
    assert cli("sites").out.splitlines()[1].split("\t")[:2] == ["Blog", "new"]
    assert cli("sites", "--urls").out == f"{URL}\n"


def test_every_fault_of_a_new_site_is_told_by_its_option(cli: Cli, folder: Path) -> None:
    done = cli(
        *(
            "sites",
            "add",
            "ftp://example.org",
            "--every",
            "5x",
            "--include",
            "..",
            "--include",
            "p",
        ),
        *("--ignore", "(", "--type", "blogg", "--owner", "nobody", "--kind", "pds"),
    )
    assert done.code == 2
    for option in ("URL:", "--every:", "--include:", "--ignore:", "--type:", "--owner:", "--kind:"):
        assert f"changelogger: {option}" in done.err
    assert 'did you mean "blog"?' in done.err
    assert list(folder.iterdir()) == []


def test_a_name_is_taken_once(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog")
    done = cli("sites", "add", "https://example.org/other", "--name", "Blog")
    assert done.code == 2
    assert f"'Blog' is watched already: {URL}" in done.err


@pytest.mark.parametrize("again", [URL, URL.upper().replace("/BLOG", "/blog"), f"{URL}#top"])
def test_the_same_page_by_the_same_rules_is_watched_once(again: str, cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog", "--every", "6h")
    done = cli("sites", "add", again, "--name", "Other")
    assert done.code == 2
    assert done.err == (
        f"changelogger: {URL} is watched already, by the same rules, as 'Blog'; "
        "give it other rules, or remove that one first\n"
    )
    assert len(cli("sites", "--json").lines) == 1


def test_the_same_page_by_other_rules_is_another_site(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog")
    done = cli("sites", "add", URL, "--include", "main")
    assert done.code == 0
    assert done.err == "its page is fetched once, for it and 'Blog'\n"
    [added] = cli("sites", "add", URL, "--include", "h1", "--json").lines
    assert added["same_page_as"] == ["Blog", "example.org/blog"]
    assert added["name"] == "example.org/blog (2)"


def test_the_site_that_is_there_may_be_the_files_own(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("App", site.serve("/app", "App")))
    cli("check", "App")
    done = cli("sites", "add", site.url("/app"))
    assert done.code == 2
    assert "as 'App'" in done.err


def test_a_site_may_stand_where_a_product_is_followed(cli: Cli) -> None:
    cli("products", "add", URL, "--name", "Kettle")
    done = cli("sites", "add", URL)
    assert done.code == 0
    assert done.err == "its page is fetched once, for it and 'Kettle'\n"


def test_a_name_made_from_the_url_steps_aside(cli: Cli) -> None:
    cli("sites", "add", "https://example.org/a", "--name", "example.org/b")
    assert cli("sites", "add", "https://example.org/b").code == 0
    assert [site["name"] for site in cli("sites", "--json").lines] == [
        "example.org/b",
        "example.org/b (2)",
    ]


def test_sites_are_paused_resumed_and_removed_by_name_or_url(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog")
    assert cli("sites", "pause", URL).out == "paused Blog\n"
    assert cli("sites", "--json").lines[0]["state"] == "paused"
    assert cli("sites", "resume", "Blog").code == 0
    assert cli("sites", "--json").lines[0]["state"] == "new"
    assert cli("sites", "remove", "Blog").code == 0
    assert cli("sites", "--json").lines == []


def test_a_site_that_is_not_there_brings_the_near_ones(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Weather blog")
    done = cli("sites", "pause", "wether blog")
    assert done.code == 4
    assert "did you mean Weather blog?" in done.err


def test_a_product_is_not_offered_in_place_of_itself(cli: Cli) -> None:
    cli("products", "add", URL, "--name", "Kettle")
    done = cli("sites", "trend", "Kettle")
    assert done.code == 4
    assert "'Kettle' is a product, and no site" in done.err


def test_a_site_that_is_due_is_next_now(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Weather blog")
    assert "in now" not in cli("sites", "show", "Weather blog").out


def test_one_wrong_word_leaves_all_as_it_was(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog")
    assert cli("sites", "remove", "Blog", "Blob").code == 4
    assert len(cli("sites", "--json").lines) == 1


def test_what_a_drop_in_manages_is_changed_there(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    folder = configured().parent / "config.d"
    folder.mkdir()
    table = f'# mine\n[[site]]\nname = "App"\nurl = "{site.serve("/app", "App")}"\n'
    (folder / "more.toml").write_text(table)
    cli("check", "App")
    assert "'App' is managed by config.d/more.toml:2: " in cli("sites", "pause", "App").err


@pytest.mark.parametrize("how", ["remove", "pause", "resume"])
def test_what_the_file_manages_is_changed_in_the_file(
    how: str, cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("App", site.serve("/app", "App")))
    cli("check", "App")
    done = cli("sites", how, "App")
    assert done.code == 2
    assert "'App' is managed by config.toml:9: " in done.err


def test_many_urls_are_imported_and_known_ones_passed_over(cli: Cli, folder: Path) -> None:
    (folder / "urls.txt").write_text(
        "# a comment\n\n"
        "https://example.org/a\n"
        "https://example.org/b\tWith a tab\n"
        "https://example.org/c,With a comma\n"
        "https://example.org/d?x=1,2&y=3\n"
        "https://example.org/a\n"
    )
    done = cli("sites", "import", "urls.txt", "--every", "15m", "--json")
    assert done.code == 0
    assert done.lines[0] | {"seconds": 0} == {"added": 4, "known": 1, "refused": 0, "seconds": 0}
    listed = {site["url"]: site["name"] for site in cli("sites", "--json").lines}
    assert listed == {
        "https://example.org/a": "example.org/a",
        "https://example.org/b": "With a tab",
        "https://example.org/c": "With a comma",
        "https://example.org/d?x=1,2&y=3": "example.org/d?x=1,2&y=3",
    }
    again = cli("sites", "import", "urls.txt")
    assert "0 sites added, 5 known already" in again.out


def test_lines_that_cannot_be_used_are_told_and_the_others_imported(cli: Cli, folder: Path) -> None:
    (folder / "urls.txt").write_text("https://example.org/a\nnonsense\nfile:///etc/passwd\n")
    done = cli("sites", "import", "urls.txt")
    assert done.code == 2
    assert "1 site added, 2 lines refused" in done.out
    assert "line 2: " in done.err
    assert "line 3: " in done.err


def test_standard_input_is_imported(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "in"
    path.write_text("https://example.org/a\n")
    with path.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert cli("sites", "import", "-").code == 0
    assert cli("sites", "--urls").out == "https://example.org/a\n"


def test_failing_sites_say_why_and_since_when(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    site.answers["/bad"] = (503, "down")
    configured(("Good", site.serve("/app", "App")), ("Bad", site.url("/bad")))
    cli("check", "--all")
    done = cli("sites", "list", "--failing")
    assert done.code == 1
    [_head, row] = done.out.splitlines()
    assert row.split("\t")[:2] == ["Bad", "http_5xx"]
    site.serve("/bad", "Fine again")
    cli("check", "--all")
    assert cli("sites", "list", "--failing").code == 0


def test_a_command_that_only_looks_makes_no_database(cli: Cli, folder: Path) -> None:
    done = cli("sites", "list")
    assert done.code == 3
    assert "`changelogger run` makes it" in done.err
    assert list(folder.iterdir()) == []


def test_one_site_is_shown_whole(cli: Cli, site: Site, configured: Callable[..., Path]) -> None:
    configured(("App", site.serve("/app", "App")))
    cli("check", "App")
    cli("sites", "mute", "App")
    shown = cli("sites", "show", "App").out
    for fact in ("state     ok", "schedule  daily", "muted     until it is unmuted"):
        assert fact in shown
    assert re.search(r"^checked   \d+s ago$", shown, re.MULTILINE)
    [whole] = cli("sites", "show", "App", "--json").lines
    assert (whole["state"], whole["certificate_ends_at"]) == ("ok", None)
    assert cli("sites", "show", "Ap").code == 4


def test_a_site_says_how_it_is_watched(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    text = "<h1>Ferry</h1><p>Status: <b id='v'>on time</b></p>" + "<p>A calm crossing.</p>" * 20
    url = site.serve("/ferry", text)
    for name, options in (
        ("letter", ("--include", "#v")),
        ("region", ("--include", "body")),
        ("page", ()),
    ):
        cli("sites", "add", url, "--name", name, *options)
    cli("check", "--all")
    for name in ("letter", "region", "page"):
        [shown] = cli("sites", "show", name, "--json").lines
        assert shown["watch"] == name
    assert "watched   to the letter" in cli("sites", "show", "letter").out


def test_a_site_says_of_which_changes_it_notifies(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog", "--notify-on", "every")
    [listed] = cli("sites", "list", "--json").lines
    assert listed["rules"] == {"notify_on": "every"}
    assert "notified  of every change" in cli("sites", "show", "Blog").out
    [shown] = cli("sites", "show", "Blog", "--json").lines
    assert shown["notify_on"] == "every"
    assert 'notify_on = "every"' in cli("export").out
    assert cli("sites", "add", f"{URL}2", "--notify-on", "all").code == 2


@pytest.mark.parametrize(
    ("given", "kept"),
    [(["--mask", "ages", "--mask", "dates"], ["ages", "dates"]), (["--mask", "none"], [])],
)
def test_a_site_names_the_noise_rules_that_apply(
    cli: Cli, given: list[str], kept: list[str]
) -> None:
    assert cli("sites", "add", URL, "--name", "Blog", *given).code == 0
    [listed] = cli("sites", "list", "--json").lines
    assert listed["rules"] == {"mask": kept}
    assert f"mask = {json.dumps(kept)}" in cli("export").out
    masked = ", ".join(kept) or "nothing"
    assert f"masked    {masked}" in cli("sites", "show", "Blog").out


@pytest.mark.parametrize(("given", "kept"), [("6h", "6h"), ("90m", "90m"), ("false", False)])
def test_a_site_says_how_long_going_back_may_be_a_flap(
    cli: Cli, given: str, kept: str | bool
) -> None:
    assert cli("sites", "add", URL, "--name", "Blog", "--flap-hold", given).code == 0
    [listed] = cli("sites", "list", "--json").lines
    assert listed["rules"] == {"flap_hold": kept}
    assert f"flap_hold = {json.dumps(kept)}" in cli("export").out
    assert f"flaps     {'not told where' if kept else 'told'}" in cli("sites", "show", "Blog").out
    [shown] = cli("sites", "show", "Blog", "--json").lines
    assert (shown["flap_hold"], shown["mask"]) == (kept, None)


def test_nothing_is_said_of_the_flaps_of_a_value(cli: Cli) -> None:
    chosen = ["--include", "#status", "--flap-hold", "6h"]
    assert cli("sites", "add", URL, "--name", "Blog", *chosen).code == 0
    shown = cli("sites", "show", "Blog").out
    assert "watched   to the letter" in shown
    assert "flaps" not in shown


def test_a_page_that_alternates_is_named_with_what_alternates(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    notice = "<p>Water outage in the upper village: a main has burst, and repairs go on.</p>"
    for turn in range(MOST_RETURNS + 3):
        url = site.serve("/app", "App", notice if turn % 2 else "")
        if not turn:
            cli("sites", "add", url, "--name", "app")
        cli("check", "app")
    [one] = [one for one in cli("sites", "noise", "app", "--json").lines if one["why"] == "flap"]
    assert "Water outage" in one["what"]
    assert "quiet until it is still for 1 d" in one["detail"]
    newest = cli("changes", "list", "--json").lines[0]
    told = cli("changes", "show", newest["id"]).out
    assert "Alternates between the state of" in told
    assert "the next returns are not told until there was none for 1 d" in told


def test_a_mask_that_is_no_noise_rule_is_refused_with_the_nearest(cli: Cli) -> None:
    done = cli("sites", "add", URL, "--mask", "counter")
    assert done.code == 2
    assert 'did you mean "counters"?' in done.err


def test_of_a_value_nothing_is_masked_until_its_owner_says_so(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    for name, *options in (["bare"], ["named", "--mask", "counters"]):
        url = site.serve(f"/{name}", "App", "<p>so far <b id='n'>12,004 views</b></p>")
        cli("sites", "add", url, "--name", name, "--include", "#n", *options)
    cli("check", "--all")
    assert cli("sites", "noise", "bare", "--json").lines == []
    assert "watched to the letter" in cli("sites", "noise", "bare").err
    [one] = cli("sites", "noise", "named", "--json").lines
    assert (one["why"], one["detail"], one["what"]) == ("mask", "counters", "12,004 views")


def test_a_site_says_where_redirects_led_and_may_lead(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    site.serve("/there", "<p>There</p>")
    site.answers["/here"] = 302, ""
    site.headers["Location"] = "/there"
    here = site.url("/here")
    cli("sites", "add", here, "--name", "Here", "--follow", "any")
    cli("check", "Here")
    shown = cli("sites", "show", "Here").out
    assert "follows   redirects to any site" in shown
    assert f"reached   {here.replace('/here', '/there')}" in shown
    [whole] = cli("sites", "show", "Here", "--json").lines
    assert (whole["follow"], whole["answer_url"]) == ("any", here.replace("/here", "/there"))
    assert 'follow = "any"' in cli("export").out
    assert cli("check", here, "--follow", "none").code == 1
    assert cli("sites", "add", f"{here}2", "--follow", "all").code == 2


def test_a_site_is_added_with_all_that_it_sends(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORD", "hunter2")
    (folder / "token").write_text("hunter2\n")
    sent = ("--form", "q=a=${WORD}", "--cookie", "a=${WORD}", "--header", "X-A=${WORD}")
    cli("sites", "add", URL, "--name", "Form", *sent, "--token", "${file:token}")
    cli("sites", "add", f"{URL}2", "--name", "Json", "--json-body", '{"q": 1}', "--method", "put")
    assert "hunter2" not in cli("sites", "show", "Form").out
    [shown] = cli("sites", "show", "Form", "--json").lines
    names = ["Authorization", "Content-Type", "Cookie", "X-A"]
    how = {"method": "POST", "headers": names, "has_body": True, "proxy": ""}
    assert shown["request"] == {**shown["request"], **how}
    assert "asked     by PUT, with a body; with the headers Content-Type" in (
        cli("sites", "show", "Json").out
    )
    assert "hunter2" not in cli("export").out
    exported = cli("export", "--with-secrets").out
    assert 'body = "q=a%3Dhunter2"' in exported
    assert '"Authorization" = "Bearer hunter2"' in exported


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--body", "a", "--method", "GET"), "--body: is not sent by GET"),
        (("--body", "a", "--form", "b=c"), "--form: is given beside body"),
        (("--form", "b"), "write NAME=TEXT"),
        (("--json-body", "{hunter2"), "--json-body: is not JSON"),
        (("--password", "hunter2"), "needs username and password"),
        (("--username", "a:b", "--password", "hunter2"), "--username: must not hold a colon"),
        (("--token", "${NOT_SET}"), "--token: ${NOT_SET} is not set"),
        (("--cookie", "a=hunter2;b"), "--cookie: holds a character that a cookie cannot"),
    ],
)
def test_a_request_that_cannot_be_is_refused(cli: Cli, options: Sequence[str], told: str) -> None:
    for command in (("sites", "add", URL), ("products", "add", URL), ("check", URL)):
        done = cli(*command, *options)
        assert done.code == 2
        assert told in done.err
        assert "hunter2" not in done.err


def test_a_url_is_tried_out_with_what_it_would_send(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    url = site.serve("/search", "<p>three tickets</p>")
    assert "three tickets" in cli("check", url, "--form", "q=tickets").out
    assert site.posted == ["q=tickets"]


def test_a_proxy_that_is_not_there_is_named_and_never_gone_around(
    cli: Cli, folder: Path, site: Site, configured: Callable[..., Path]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        url = f"http://ada:hunter2-word@127.0.0.1:{taken.getsockname()[1]}"
        path = configured()
        path.write_text(f'{path.read_text()}\n[[proxy]]\nname = "office"\nurl = "{url}"\n')
        here = site.serve("/here", "Here")
        cli("sites", "add", here, "--name", "Here", "--proxy", "office")
        checked = cli("check", "Here")
    shown = cli("sites", "show", "Here")
    assert (checked.code, site.asked) == (1, [])
    assert "the proxy office cannot be reached" in checked.out
    assert "state     failing: proxy" in shown.out
    assert "proxy     through office" in shown.out
    assert 'proxy = "office"' in cli("export").out
    refused = cli("sites", "add", f"{here}2", "--proxy", "offce")
    assert (refused.code, 'did you mean "office"?' in refused.err) == (2, True)
    cli("sites", "add", f"{here}2", "--name", "There", "--proxy", "none")
    assert "proxy     none" in cli("sites", "show", "There").out
    for done in (checked, shown, cli("config", "show"), cli("status"), cli("failures")):
        assert "hunter2" not in done.out + done.err


def test_a_check_says_that_a_page_has_moved(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("Here", site.serve("/here", "Here")))
    cli("check", "Here")
    site.serve("/there", "There")
    site.answers["/here"] = 301, ""
    site.headers["Location"] = "/there"
    told = cli("check", "Here").out
    assert "unchanged" in told
    assert f"moved: for good to {site.url('/there')}; its text differs there" in told
    [shown] = cli("check", "Here", "--json").lines
    assert shown["moved_to"] is None


def test_the_cookies_of_a_site_are_kept_and_forgotten(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    site.headers["Set-Cookie"] = "sid=hunter2; Path=/"
    site.serve("/plain", "Plain")
    cli("sites", "add", site.serve("/here", "Here"), "--name", "Here", "--keep-cookies")
    cli("sites", "add", site.url("/plain"), "--name", "Plain")
    checked = cli("check", "--all", "--json")
    shown = cli("sites", "show", "Here")
    assert "cookies   kept from check to check" in shown.out
    [whole] = cli("sites", "show", "Here", "--json").lines
    assert whole["request"]["keeps_cookies"] is True
    exported = cli("export", "--with-secrets")
    assert exported.out.count("keep_cookies = true") == 1
    for done in (checked, shown, exported):
        assert "hunter2" not in done.out + done.err
    assert cli("sites", "forget-cookies", "Here", "Plain").out == "Here: cookies forgotten\n"
    assert "none of these keeps cookies" in cli("sites", "forget-cookies", "Here").err
    assert cli("sites", "forget-cookies", "There").code == 4


def test_a_new_site_does_not_count_the_checks_of_a_removed_one(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    url = site.serve("/app", "App")
    cli("sites", "add", url, "--name", "App")
    cli("check", "App")
    cli("sites", "remove", "App")
    cli("sites", "add", url, "--name", "New")
    assert "no checks yet" in cli("sites", "trend", "New").err
    assert [one["event"] for one in cli("history", "New", "--json").lines] == []
    cli("check", "New")
    [day] = cli("sites", "trend", "New", "--json").lines
    assert day["checks"] == 1


def test_a_missing_part_is_named_by_check_and_show(
    cli: Cli, configured: Callable[..., Path], site: Site
) -> None:
    url = site.serve("/app", "App")
    configured()
    cli("sites", "add", url, "--name", "App", "--include", "h1", "--include", "#b")
    told = "missing: include[1]: '#b' matches nothing on the page; the other parts were read"
    assert told in cli("check", "App").out
    assert "missing:include[1]" in cli("sites", "show", "App").out
    site.serve("/app", "App", "<p>More of what nobody chose.</p>")
    again = cli("check", "App", "--json").lines[0]
    assert (again["verdict"], again["missing"]) == ("unchanged", ["include[1]"])


def test_a_chain_of_rules_is_tried_added_and_exported(
    cli: Cli, configured: Callable[..., Path], site: Site
) -> None:
    url = site.serve("/app", "App", '<p>Version <a href="/dl">2.3</a> of 9 <b title="t">x</b></p>')
    configured()
    chain = [
        *("--links", "--attributes", "title", "--attributes", "lang", "--extract", "(?s)Version.*"),
        *("--replace", r"Version (\S+) -> v\1", "--replace", " of 9 ->"),
    ]
    tried = cli("check", url, *chain)
    assert f'v2.3 ({url.removesuffix("/app")}/dl) x (title="t")' in tried.out
    cli("sites", "add", url, "--name", "App", *chain)
    assert cli("check", "App").code == 0
    shown = cli("sites", "show", "App")
    assert "missing:attributes[1]" in shown.out
    assert [line.split(" ")[0] for line in shown.out.splitlines()].index("links") > 0
    assert r"replace     'Version (\S+) -> v\1', ' of 9 ->'" in shown.out
    [listed] = cli("sites", "list", "--json").lines
    assert listed["rules"]["replace"] == [r"Version (\S+) -> v\1", " of 9 ->"]
    exported = cli("export").out
    for line in ("links = true", 'attributes = ["title", "lang"]', "extract = ['(?s)Version.*']"):
        assert line in exported.replace('"(?s)Version.*"', "'(?s)Version.*'")
    assert r"Version (\S+) -> v\1" in exported.replace("\\\\", "\\")


def test_a_faulty_replacement_is_refused_with_its_place(cli: Cli) -> None:
    done = cli("sites", "add", URL, "--replace", r"(a) -> \2", "--attributes", "a b")
    assert done.code == 2
    assert "--replace: is not a replacement: invalid group reference" in done.err
    assert "--attributes: is not the name of an attribute: 'a b'" in done.err


def test_a_choice_that_matches_nothing_is_said_until_it_is_there(
    cli: Cli, configured: Callable[..., Path], site: Site
) -> None:
    url = site.serve("/app", "App")
    configured()
    added = cli("sites", "add", url, "--name", "App", "--include", ".alrt")
    told = "missing: include[0]: '.alrt' matches nothing on the page; nothing is chosen yet"
    assert added.err == f"{told}\n"
    for _ in range(2):
        done = cli("check", "App")
        assert (done.code, told in done.out) == (0, True)
    assert told in cli("check", url, "--include", ".alrt").out
    assert told in cli("check", "--all").out
    [shown] = cli("sites", "list", "--json").lines
    assert (shown["state"], shown["error_class"]) == ("absent", None)
    assert shown["nothing_since"]
    assert cli("sites").out.splitlines()[1].split("\t")[1] == "matches nothing"
    said = cli("sites", "show", "App").out
    assert re.search(r"absent for \d+s: matches nothing\n", said)
    assert "include[0]: '.alrt' matches nothing on the page" in said
    assert cli("sites", "list", "--failing").code == 0
    site.serve("/app", "App", "<p class=alrt>Here it is</p>")
    assert "Now on the page: “Here it is”" in cli("check", "App").out
    assert cli("sites").out.splitlines()[1].split("\t")[1] == "ok"


@pytest.mark.parametrize(
    ("words", "language"),
    [
        (["sites", "add", "--query", "jq:.a"], "jq"),
        (["sites", "add", "--exclude", "xpath2://b"], "XPath 2"),
        (["sites", "add", "--appears", "query:jq:.a"], "jq"),
        (["products", "add", "--selector", "xpath2://b"], "XPath 2"),
    ],
)
def test_rules_that_need_a_library_are_added_with_a_word(
    words: list[str], language: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli(*words, f"{URL}/1", "--name", "with").err == ""
    for library in ("jq", "elementpath"):
        monkeypatch.setitem(sys.modules, library, None)
    done = cli(*words, f"{URL}/2", "--name", "without")
    assert done.code == 0
    told = f"{language} needs a library that is not installed: pip install 'changelogger[query]'"
    assert done.err.splitlines()[0] == told


def test_a_site_says_how_it_is_asked_for_otherwise(cli: Cli, folder: Path) -> None:
    authority = Authority(folder)
    options = ("--timeout", "20s", "--charset", "latin1", "--user-agent", "me", "--no-verify-tls")
    cli("sites", "add", URL, "--name", "Blog", *options, "--ca-file", str(authority.file))
    told = cli("sites", "show", "Blog").out
    assert "within 20 s; read as latin1" in told
    assert "unsafe    its certificate is not checked" in told
    [shown] = cli("sites", "show", "Blog", "--json").lines
    assert (shown["request"]["verify_tls"], shown["request"]["timeout_seconds"]) == (False, 20)
    exported = cli("export").out
    for line in ("verify_tls = false", 'timeout = "20s"', 'charset = "latin1"', "ca_file = "):
        assert line in exported
    done = cli("sites", "add", f"{URL}2", "--client-certificate", "none.pem")
    assert (done.code, "--client-certificate: cannot read" in done.err) == (2, True)
    assert "longest_timeout_seconds" in cli("sites", "add", f"{URL}2", "--timeout", "5m").err


def test_a_rendered_page_that_is_checked_less_often_is_said_as_it_is_added(cli: Cli) -> None:
    url, often = "https://example.org/", ("--every", "5m")
    done = cli("sites", "add", url, "--name", "A", "--render", "always", *often)
    told = 'check_frequency "5m" is shorter than browser.minimum_interval, which is 15m: '
    assert f"{told}checked every 15m" in done.err
    done = cli("sites", "add", url, "--name", "B", "--render", "auto", *often)
    assert f"{told}where it is rendered, checked every 15m" in done.err
    assert "minimum_interval" not in cli("sites", "add", url, "--name", "C", *often).err
