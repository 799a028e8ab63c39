"""Pictures of pages: kept beside the text, or all that is watched."""

from __future__ import annotations

from sqlalchemy import select

from daemon.compare.pictures import opened
from daemon.model.change import ChangeType
from daemon.model.request import WHOLE_PAGE, Request, Step
from daemon.model.site import PICTURE, Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.packing import unpack
from daemon.store.tables import Content, MonitoredSite, Snapshot
from daemon.store.views.compared import picture_after
from daemon.store.views.lists.states import failure_picture_of
from tests.making import ADMIN, have_sites, spec
from tests.rendering.test_checks import Watched, database_url, watched  # noqa: F401 - fixtures

_CANVAS = """<!doctype html><title>Tide</title><body style="margin:0"><canvas id=c width=600
height=400></canvas><script>const c = document.getElementById('c').getContext('2d');
c.fillStyle = '#fff'; c.fillRect(0, 0, 600, 400);
fetch('/data').then(r => r.text()).then(text => { c.fillStyle = '#06c';
const [x, y, w, h] = text.split(','); c.fillRect(x, y, w, h) })</script>"""


def _serve(watched: Watched, page: str, data: str) -> None:  # noqa: F811
    watched.site.bodies |= {"/page": page, "/data": data}


async def _watch(watched: Watched, pictured: str, **rules: object) -> None:  # noqa: F811
    request = Request(watched.site.url(), renderer="browser", pictured=pictured)
    one = spec("Tide", request=request, host=watched.site.host, rules=Rules(**rules))  # type: ignore[arg-type]
    await have_sites(watched.database, one)


async def test_what_only_a_picture_tells_is_a_change_with_its_region(
    watched: Watched,  # noqa: F811
) -> None:
    _serve(watched, _CANVAS, "0,0,50,50")
    await _watch(watched, WHOLE_PAGE, kind=PICTURE)
    assert (await watched.look()).sites[0].verdict is Verdict.INITIAL
    assert (await watched.look()).sites[0].verdict is Verdict.UNCHANGED
    _serve(watched, _CANVAS, "0,0,300,200")
    changed = (await watched.look()).sites[0]
    assert changed.update is not None
    finding = changed.update.finding
    assert finding.change_type is ChangeType.MODERATE
    assert finding.summary.startswith("The picture differs at the top left (")
    assert finding.change is not None
    assert finding.change.hunks[0].added[0].startswith("0,0 304×200 of 1280×")
    async with watched.database.reading() as session:
        sent = await picture_after(session, changed.update.id, 3 * 2**20)
        assert await picture_after(session, changed.update.id, 100) is None
    assert sent is not None
    assert opened(unpack(sent.data, sent.hash)).getpixel((299, 199)) == (0, 0x66, 0xCC)


async def test_a_picture_is_kept_beside_the_text(watched: Watched) -> None:  # noqa: F811
    _serve(watched, _CANVAS + "<p>High water at nine", "0,0,50,50")
    await _watch(watched, "#c")
    await watched.look()
    async with watched.database.reading() as session:
        row = (
            await session.execute(
                select(Snapshot.kind, Content.data, Content.hash).join(
                    Content, Content.hash == Snapshot.picture_hash
                )
            )
        ).one()
    assert row.kind == "html"
    assert opened(unpack(row.data, row.hash)).size == (600, 400)


async def test_of_a_step_that_fails_it_is_kept_how_the_page_looked(
    watched: Watched,  # noqa: F811
) -> None:
    page = "<!doctype html><title>Form</title><p>Closed<input id=q><button>Go</button>"
    _serve(watched, page, "")
    steps = (Step("type", "#q", "s3cret-value"), Step("click", "#more"))
    request = Request(watched.site.url(), renderer="browser", steps=steps, timeout_seconds=3)
    one = spec("Form", request=request, host=watched.site.host)
    await have_sites(watched.database, one)
    outcome = await watched.look()
    assert outcome.error_class is ErrorClass.STEP
    assert (outcome.error_detail or "").startswith("step 2 (click #more): nothing")
    async with watched.database.reading() as session:
        site_id = await session.scalar(select(MonitoredSite.id))
        assert site_id is not None
        kept = await failure_picture_of(session, ADMIN, site_id)
    assert kept is not None
    assert opened(unpack(kept.data, kept.hash)).size == (1280, 800)
    _serve(watched, page.replace("<button>", "<button id=more>"), "")
    assert (await watched.look()).error_class is None
    async with watched.database.reading() as session:
        assert await failure_picture_of(session, ADMIN, site_id) is None


async def test_an_element_that_is_not_there_is_told(watched: Watched) -> None:  # noqa: F811
    _serve(watched, _CANVAS, "0,0,50,50")
    await _watch(watched, "#nowhere")
    outcome = await watched.look()
    assert outcome.error_class is ErrorClass.SELECTOR
    assert "screenshot '#nowhere' matches nothing" in (outcome.error_detail or "")
