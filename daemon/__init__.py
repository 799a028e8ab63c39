"""changelogger: watches pages, feeds and prices, and says what changed."""

__version__ = "0.1.0"
