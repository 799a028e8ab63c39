"""The style sheet, the script and the icons."""

from __future__ import annotations

from daemon.model.errors import NotFoundError
from daemon.web.answers import Answer, File
from daemon.web.asset_files import assets_by_path
from daemon.web.request import Request


async def show_asset(request: Request) -> Answer:
    """The file of this address, which never changes under it."""
    asset = assets_by_path().get(request.path)
    if asset is None:
        raise NotFoundError("file", request.path)
    return File(asset.body, asset.content_type, lasts=True)
