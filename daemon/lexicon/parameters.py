"""Recognises the parameters of addresses that say where a visitor came from, not which page."""

from __future__ import annotations

import re

# A pattern for the name of one: campaigns, clicks on advertisements and in mail, shared links.
TRACKING = (
    r"utm_\w+|ref|referrer|source|(?:fbc|gc|dc|twc|ttc|yc|ysc)lid|msclkid|gclsrc|[gw]braid"
    r"|igshid|mc_[ce]id|mkt_tok|li_fat_id|_hs(?:enc|mi)|_g[al]"
)
_TRACKING = re.compile(TRACKING, re.IGNORECASE)


def is_tracking(name: str) -> bool:
    """Whether a parameter of this name makes no other page: servers add and drop it."""
    return bool(_TRACKING.fullmatch(name))
