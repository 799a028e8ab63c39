"""Pages of long lists, as they are asked for and answered."""

from __future__ import annotations

from daemon.store.views.lists.keyset import FIRST as FIRST
from daemon.store.views.lists.keyset import MOST_COUNTED as MOST_COUNTED
from daemon.store.views.lists.keyset import PAGE_SIZE as PAGE_SIZE
from daemon.store.views.lists.keyset import Counted as Counted
from daemon.store.views.lists.keyset import Cursor as Cursor
from daemon.store.views.lists.keyset import Page as Page
from daemon.store.views.lists.keyset import Turn as Turn
