"""A page monitor as one writes it with Scrapy: visible text, its hash, a SQLite pipeline.

    scrapy runspider benchmarks/scrapy_spider.py -a urls=FILE -a database=FILE -a report=FILE

Runs in Scrapy's own environment and writes the URLs that changed into the report.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
import zlib
from pathlib import Path

import scrapy

TEXT = "//body//text()[not(parent::script or parent::style or parent::noscript)]"
TABLE = """CREATE TABLE IF NOT EXISTS pages (
    url TEXT PRIMARY KEY, digest TEXT, text BLOB, checked_at REAL, changed_at REAL)"""
STORE = """INSERT INTO pages VALUES (:url, :digest, :text, :now, :now) ON CONFLICT (url) DO UPDATE
    SET digest = :digest, text = :text, checked_at = :now, changed_at = :now"""


class SqlitePipeline:
    """Compares each page with what is stored of it; all of a run is one transaction."""

    @classmethod
    def from_crawler(cls, crawler):
        pipeline = cls()
        pipeline.crawler = crawler
        return pipeline

    def open_spider(self):
        self.changed = []
        self.database = sqlite3.connect(self.crawler.spider.database)
        self.database.execute(TABLE)

    def process_item(self, item):
        url, text, now = item["url"], item["text"], time.time()
        digest = hashlib.sha256(text.encode()).hexdigest()
        before = self.database.execute("SELECT digest FROM pages WHERE url = ?", [url]).fetchone()
        if before is not None and before[0] == digest:
            self.database.execute("UPDATE pages SET checked_at = ? WHERE url = ?", [now, url])
            return item
        if before is not None:
            self.changed.append(url)
        row = {"url": url, "digest": digest, "text": zlib.compress(text.encode(), 3), "now": now}
        self.database.execute(STORE, row)
        return item

    def close_spider(self):
        self.database.commit()
        self.database.close()
        Path(self.crawler.spider.report).write_text("\n".join(self.changed))


class Monitor(scrapy.Spider):
    name = "monitor"
    custom_settings = {  # noqa: RUF012 - Scrapy wants a dict here
        "CONCURRENT_REQUESTS_PER_DOMAIN": 100,
        "COOKIES_ENABLED": False,
        "DOWNLOAD_DELAY": 0,
        "ITEM_PIPELINES": {SqlitePipeline: 100},
        "LOG_LEVEL": "ERROR",
        "ROBOTSTXT_OBEY": False,
        "TELNETCONSOLE_ENABLED": False,
    }

    def __init__(self, urls, database, report, **arguments):
        super().__init__(**arguments)
        self.database, self.report = database, report
        self.start_urls = Path(urls).read_text().split()

    def parse(self, response):
        text = " ".join(" ".join(response.xpath(TEXT).getall()).split())
        yield {"url": response.url, "text": text}
