"""Identifiers that sort by time: UUID version 7 (RFC 9562 §5.7)."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from uuid import uuid7 as new_id
else:
    from uuid_utils.compat import uuid7 as new_id

__all__ = ["new_id"]
