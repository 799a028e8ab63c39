"""The names of our options in other programs; `daemon.transfer` maps the same names.

Those are changedetection.io, urlwatch, webchanges, Miniflux, Gatus, Uptime Kuma, PriceBuddy and
similar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from daemon.config.values import KeyPath

_SITE = {
    'name = "…"': "title label display_name user_title",
    'url = "https://…"': "link uri href address navigate page website feed_url target urls",
    'type = "…"': "site_type",
    'tags = ["…"]': "tag group groups folder folders label labels categories",
    'owner = "…"': "user owner_id account",
    "paused = true": "enabled disabled active is_active pause inactive disable muted",
    'check_frequency = "1h"': (
        "interval every frequency schedule cron check_interval time_between_check refresh period"
        " refresh_interval poll_interval polling_interval polling_frequency minutes seconds"
        " heartbeat_interval refresh_seconds check_every"
    ),
    'detect_within = "2h"': "max_delay maximum_delay accepted_delay",
    'hours = "08:00-18:00"': "time_schedule_limit business_hours active_hours window windows",
    'days = "mon-fri"': "weekdays weekday day days_of_week",
    'time_zone = "Europe/Berlin"': "timezone tz zone",
    'include = ["main"]': (
        "css css_filter css_selector selector selectors xpath include_filters filter filters"
        " element element_by_id element_by_class element_by_tag element_by_style scraper_rules"
    ),
    'exclude = [".ads"]': "subtractive_selectors remove exclude_selectors ignore_selectors",
    'query = "items[].name"': "jq jmespath json_query jsonpath json_path path",
    "links = true": "absolute_links render_anchor_tag_content show_links hyperlinks",
    'attributes = ["title"]': "attribute attrs attr",
    "extract = ['…']": "extract_text re.findall findall regex_extract extract_regex",
    "replace = ['… -> …']": "re.sub sub substitute substitutions replacements",
    "keep_lines = ['…']": (
        "extract_lines_containing keep_lines_containing grep grepi keeplist_rules"
        " keep_filter_entry_rules"
    ),
    'appears = ["…"]': "trigger_text keyword keywords text_present",
    'disappears = ["…"]': "text_absent",
    "watch_status = [404]": "ignore_status_codes ignored_status accepted_statuscodes",
    'changes_by = "5 %"': "price_change_threshold_percent change_threshold",
    "drop_lines = ['…']": (
        "delete_lines_containing blocklist_rules block_filter_entry_rules ignore_lines"
    ),
    "ignore = ['…']": "ignore_text ignore_patterns regex ignore_regex",
    'flap_hold = "1d"': "flap flapping flap_window flap_detection debounce",
    'mask = ["dates"]': "masks noise noise_rules ignore_dates ignore_timestamps",
    "sort_lines = true": "sort sort_text_alphabetically",
    "unique_lines = true": "unique dedupe remove_duplicate_lines remove-duplicate-lines",
    "collapse_whitespace = true": "trim_text_whitespace strip striplines ignore_whitespace",
    "raw = true": "source view_source plaintext no_html raw_source",
    "main_content = true": "readability crawler fulltext article html2text",
    'kind = "html"': "format parser content_type processor",
    "additions_only = true": "added_only only_additions filter_text_added",
    "headers = { … }": "header http_headers request_headers",
    "cookies = { … }": "cookie",
    'method = "POST"': "http_method request_method verb",
    'body = "…"': "data post request_body post_data payload",
    'auth = { username = "…", password = "…" }': (
        "basic_auth basicauth basic_auth_user authentication credentials login username password"
    ),
    'auth = { token = "…" }': "bearer bearer_token oauth_token token",
    'timeout = "20s"': "timeout_seconds request_timeout",
    'user_agent = "…"': "agent ua useragent",
    'charset = "windows-1252"': "encoding",
    'client_certificate = "client.pem"': "cert ssl_cert client_cert tls_cert",
    'client_key = "client.key"': "key_file ssl_key tls_key",
    'ca_file = "ca.pem"': "ca ca_bundle cafile tls_ca",
    "verify_tls = false": "verify ssl_no_verify ignore_tls insecure verify_ssl ssl_verify",
    "sensitivity = 0.5": "threshold similarity",
    'follow = "any"': "follow_redirects allow_redirects redirects max_redirects",
    'step = [{ click = "…" }]': "steps browser_steps actions interactions",
    "keep_cookies = true": "cookie_jar session persist_cookies keep_session",
    'proxy = "…"': "http_proxy https_proxy socks_proxy proxy_url proxy_name proxies",
    'notify_on = "every"': "notify only_significant notify_changes notifications",
    'intent = "…"': "llm_intent prompt instructions goal",
}
_OF_SITES_ALONE = (
    'name = "…"', 'url = "https://…"', 'type = "…"', 'tags = ["…"]', 'owner = "…"', "paused = true"
)  # fmt: skip
_PRODUCT = {
    'name = "…"': "title label",
    'url = "https://…"': "link uri href address",
    'urls = ["https://…"]': "links addresses stores product_urls",
    'category = "…"': "folder",
    'tags = ["…"]': "tag group groups label labels categories",
    "target_price = 79.90": (
        "price target desired_price notify_price alert_price max_price threshold limit goal"
    ),
    "drop_percent = 10": "notify_percent percent price_drop_percent price_change_threshold_percent",
    "back_in_stock = true": "stock notify_in_stock in_stock stock_notification in_stock_only",
    'currency = "EUR"': "currency_code",
    'locale = "de-DE"': "language country",
    'selector = ".price"': (
        "css css_filter css_selector xpath price_selector include filter element"
    ),
    'notify_on = "every"': "notify notify_changes notifications",
    "lowest_in_days = 90": "lowest all_time_low lowest_within",
    **{
        key: _SITE[key]
        for key in (
            'owner = "…"',
            "paused = true",
            'check_frequency = "1h"',
            'detect_within = "2h"',
            'hours = "08:00-18:00"',
            'days = "mon-fri"',
            'time_zone = "Europe/Berlin"',
            "headers = { … }",
            "cookies = { … }",
            'method = "POST"',
            'proxy = "…"',
            "keep_cookies = true",
            'body = "…"',
            'auth = { username = "…", password = "…" }',
            'auth = { token = "…" }',
            'timeout = "20s"',
            'user_agent = "…"',
            'charset = "windows-1252"',
            'client_certificate = "client.pem"',
            'client_key = "client.key"',
            'ca_file = "ca.pem"',
            "verify_tls = false",
        )
    },
}
_NOTIFY = {
    'url = "https://…"': (
        "urls webhook webhook_url endpoint to apprise notification_urls address provider channel"
        " webhook-url target"
    ),
    'name = "…"': "title id label",
    'owner = "…"': "user owner_id account",
    'least_severity = "major"': "severity min_severity minimum_severity level priority",
    'kinds = ["change"]': "kind type types events event on notify_on when",
    'names = ["…"]': "sites site products watches watch monitors jobs",
    'site_types = ["…"]': "types site_type",
    'tags = ["…"]': "tag group groups label labels",
    'digest = "daily"': "schedule cron interval every frequency batch at summary",
    'quiet = "22:00-07:00"': "quiet_hours silence silent mute do_not_disturb maintenance dnd",
    "daily_cap = 20": "rate_limit cap limit max_per_day",
    'template = """…"""': "body message format text notification_body description",
    'secret = "…"': "token key signing_key hmac password webhook_secret",
    'time_zone = "Europe/Berlin"': "timezone tz zone",
    'remind_every = "1d"': "resend_interval reminder minimum-reminder-interval repeat",
    "failures = 3": "failure_threshold failure-threshold retries max_retries maxretries max_tries",
}
_FETCH = {
    "total_timeout_seconds = 30": "timeout timeout_seconds requests_timeout total_timeout",
    "connect_timeout_seconds = 10": "connect_timeout",
    "concurrency = 64": "workers threads max_workers fetch_workers parallel polling_workers",
    "per_host = 2": "polling_limit_per_host max_per_host",
    "delay_seconds = 1": "delay download_delay rate_limit min_delay",
    "respect_robots = true": "robots robots_txt obey_robots robotstxt_obey",
    "verify_tls = true": (
        "verify verify_ssl ssl_verify ssl_no_verify ignore_tls tls_verify insecure"
    ),
    'allow_networks = ["192.168.1.0/24"]': "allow_private allow_local private_networks allowlist",
    'max_body_bytes = "10 MiB"': "max_size max_body max_body_size http_client_max_body_size",
    'user_agent = "…"': "agent ua useragent http_client_user_agent",
    'accept_language = "de, en;q=0.5"': "language languages lang",
}
_TABLES: Mapping[str, Mapping[str, str]] = {
    "site": _SITE,
    "site_types": {key: words for key, words in _SITE.items() if key not in _OF_SITES_ALONE},
    "product": _PRODUCT,
    "group": {
        'tag = "…"': "name tags label title",
        'notify = ["…"]': "notifications notification_urls destinations channels contacts alerts",
        **{
            # `selector` is an option that products have, and `notify` one of groups.
            key: words.replace(" selector ", " ").removeprefix("notify ")
            for key, words in _SITE.items()
            if key not in _OF_SITES_ALONE
        },
    },
    "notify": _NOTIFY,
    "proxy": {
        'url = "http://proxy.example.org:3128"': "host address server uri proxy endpoint port type",
        'name = "…"': "label title id",
        'username = "…"': "user login",
        'password = "…"': "pass passwd secret",
        "trusted = true": "rdns remote_dns resolve",
    },
    "fetch": _FETCH,
    "schedule": {
        'time_zone = "Europe/Berlin"': "timezone tz zone",
        'minimum_interval = "1m"': "min_interval minimum minimum_seconds_recheck_time",
        'maximum_interval = "30d"': "max_interval maximum",
    },
    "mail": {
        'host = "smtp.example.org"': "server smtp_host smtp smtp_server address",
        'sender = "changelogger@example.org"': "from from_address mail_from from_email",
        'username = "…"': "user login account",
        'password = "…"': "pass auth",
        'security = "starttls"': "tls ssl starttls use_tls encryption smtp_secure secure",
    },
    "database": {
        'url = "sqlite:///changelogger.db"': "path file dsn type name uri connection caching",
    },
    "health": {'host = "127.0.0.1"': "listen bind address addr listen_addr interface"},
    "logging": {'level = "info"': "log_level verbosity verbose debug"},
    "analysis": {
        'url = "http://127.0.0.1:11434/v1"': "base_url endpoint api_base host ollama_url",
        'api_key = "…"': "key token apikey",
        "monthly_tokens = 1000000": "budget token_budget",
    },
    "owner": {
        'id = "…"': "name key",
        'email = "me@example.org"': "mail address",
        'username = "…"': "display_name title",
    },
}
_ROOT = {
    "[[site]]": (
        "sites watch watches watching page pages url urls feed feeds monitor monitors endpoint"
        " endpoints job jobs target targets website websites subscription subscriptions"
    ),
    "[[product]]": "products item items price prices store stores",
    "[[notify]]": (
        "notification notifications notifier notifiers alert alerts alerting apprise contact"
        " contacts reporter reporters report channel channels webhook webhooks route routes"
    ),
    "[[owner]]": "owners user users account accounts person people",
    "[mail]": "smtp email",
    "[database]": "db storage store sqlite postgres postgresql datastore",
    "[health]": "server web api listen ui metrics http_server",
    "[logging]": "log logs logger",
    "[analysis]": "llm ai model openai ollama",
    "[fetch]": "http client requests network crawler fetcher connectivity",
    "[site_types.NAME]": "defaults job_defaults site_type types",
    "[[group]]": "groups tag tags folders labels",
    "[schedule]": "scheduler cron interval timing",
    "[retention]": "cleanup history gc snapshots",
    "[notices]": "failures reminders",
}
_DEEPEST = 3  # an option of the third [[site]]
_OF_PAGES = ("site", "site_types", "group", "product")
# Options of sites and products that are set elsewhere or not supported.
_ELSEWHERE = {
    "who is told, and where, stands in [[notify]]": (
        "notify notifications notification_urls notification_title notification_body alerts"
        " alert notify_on contacts notification_format"
    ),
    "pages are read as they are sent, without a browser": (
        "use_browser browser fetch_backend webdriver_delay javascript browser_steps"
    ),
    "failures are tried again by themselves; how many are told of is [notices] failures": (
        "failures retries max_tries max_retries"
    ),
}


def pointer(path: KeyPath) -> str:
    """What to write instead of this unknown key, if another program has an option of that name."""
    word = str(path[-1]).strip().lower()
    if len(path) == 1:
        table = _reversed("")
        return f"here it is {table[word]}" if word in table else ""
    if len(path) > _DEEPEST:  # a table within, such as auth, has words of its own
        return ""
    if path[0] == "notify" and word in ("enabled", "disabled", "active", "paused", "pause"):
        return "take the table out, or put # before its lines, to tell nothing there"
    found = _reversed(str(path[0]))
    ours = found.get(word) or found.get(word.replace("-", "_"))
    if ours:
        return f"here it is {ours}"
    return _turned_round(_ELSEWHERE).get(word, "") if path[0] in _OF_PAGES else ""


def words_of() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each of our tables, with its options and their names in other programs."""
    yield from _TABLES.items()


@cache
def _reversed(table: str) -> Mapping[str, str]:
    return _turned_round(_TABLES.get(table, {}) if table else _ROOT)


def _turned_round(words: Mapping[str, str]) -> Mapping[str, str]:
    return {word: ours for ours, several in words.items() for word in several.split()}
