"""`changes show` and `changes rate`: one change in full, and a verdict on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.changes.group import change_view_json, checked_id
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    DIM,
    PLAIN,
    SIGN_STYLE,
    STRONG,
    Clean,
    Fact,
    hint,
    json_line,
    paragraph,
    say,
    say_facts,
)
from daemon.display.times import local, stamp, utc_now
from daemon.display.words import percent, short_id

if TYPE_CHECKING:  # for annotations alone
    from daemon.operations.changes import (
        AnalysisView,
        ChangeDetail,
        WholeChange,
    )
    from daemon.operations.notifications import NoticeView


@click.command(cls=Command)
@click.argument("change_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(setting: Setting, change_id: str, as_json: bool) -> None:
    """Show all about one change, with the reasons for its grade.

    ID is the short one that lists show, or any beginning or end of the whole one.
    """
    from daemon.operations.changes import whole_change
    from daemon.operations.installation.opening import asked

    config = setting.load()
    whole = asyncio.run(asked(config, whole_change, checked_id(change_id)))
    clean = Clean(config.secrets())
    if as_json:
        json_line(_json(whole, clean))
    else:
        _show(whole, clean)


def _json(whole: WholeChange, clean: Clean) -> dict[str, Any]:
    detail = whole.detail
    return change_view_json(detail.view, clean) | {
        "compared_with": _compared_with(detail),
        "analysis_status": detail.analysis_status,
        "analysis_detail": clean.line(detail.analysis_detail) if detail.analysis_detail else None,
        "analyses": [_analysis_json(one, clean) for one in whole.analyses],
        "ratings": [asdict(one) for one in whole.ratings],
        "site_ratings": {"useful": detail.site_useful, "noise": detail.site_noise},
        "notices": [_notice_json(one) for one in whole.notices],
        "diff": clean.text(detail.raw_content),
    }


def _notice_json(one: NoticeView) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "channel": one.channel,
        "status": one.status,
        "sent_at": stamp(one.sent_at),
    }


def _compared_with(detail: ChangeDetail) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (detail.processed_content or {}).get("compared_with")
    return found


def _analysis_json(one: AnalysisView, clean: Clean) -> dict[str, Any]:
    shown = asdict(one)
    shown["summary"] = clean.line(one.summary)
    shown["insights"] = _clean(one.insights, clean)
    return shown


def _clean(value: Any, clean: Clean) -> Any:
    if isinstance(value, dict):
        return {key: _clean(inner, clean) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner, clean) for inner in value]
    return clean.line(value) if isinstance(value, str) else value


def _show(whole: WholeChange, clean: Clean) -> None:
    from daemon.cli.terminal.report import severity, sure

    view = whole.detail.view
    matters = "matters" if view.is_significant else "does not matter much"
    say(f"{severity(view.change_type)} {sure(view.confidence_score)} that it {matters}")
    say(paragraph(clean.line(view.summary)), STRONG)
    say()
    say_facts(_facts(whole, clean))
    if view.reasons:
        say()
        say("reasons", DIM)
    for reason in sorted(view.reasons, key=lambda one: -abs(one.get("weight", 0))):
        weight = float(reason.get("weight", 0))
        mark = click.style(f"{weight:+6.2f}", fg="yellow" if weight > 0 else "cyan")
        say(f"  {mark}  {paragraph(clean.line(str(reason.get('text', ''))), ' ' * 10)}")
    _show_analyses(whole, clean)
    _show_differences(whole, clean)
    hint(f"\nchangelogger diff {short_id(view.id)}")
    if not whole.ratings:
        hint(f"changelogger changes rate {short_id(view.id)} useful|noise")


def _show_differences(whole: WholeChange, clean: Clean) -> None:
    """Every line that differs, of which the summary tells those that matter most."""
    lines = clean.text(whole.detail.raw_content).splitlines()
    differing = [line for line in lines if line[:1] in SIGN_STYLE]
    if differing:
        say()
        say("what differs", DIM)
    for line in differing:
        say(f"  {line}", SIGN_STYLE[line[:1]])


def _facts(whole: WholeChange, clean: Clean) -> Iterator[Fact]:
    view = whole.detail.view
    yield "site", clean.line(view.site_name), PLAIN
    yield "page", clean.line(view.title), PLAIN
    yield "url", clean.url(view.url), PLAIN
    yield "found", local(view.detected_at), PLAIN
    yield "category", view.category or "–", PLAIN
    compared = _compared_with(whole.detail)
    if compared is not None:
        seen_at = local(datetime.fromisoformat(str(compared["seen_at"])))
        alike = percent(float(compared["similarity"]))
        yield "compared", f"with the state of {seen_at}, {alike} alike: closer than the last", PLAIN
    for one in whole.ratings:
        yield "rated", f"{one.verdict} by {clean.line(one.user_id)}, {local(one.rated_at)}", PLAIN
    for notice in whole.notices:
        when = f" {local(notice.sent_at)}" if notice.sent_at else ""
        yield "told", f"{clean.line(notice.channel_name)}: {notice.status}{when}", PLAIN
    yield "id", str(view.id), DIM


def _show_analyses(whole: WholeChange, clean: Clean) -> None:
    detail = whole.detail
    if len(whole.analyses) > 1 or detail.analysis_status != "done":
        say()
        say("analyses", DIM)
        for one in whole.analyses:
            say(f"  {_analysis(one, clean)}")
            for insight in one.insights.get("insights", ()):
                say(f"    · {paragraph(clean.line(str(insight.get('text', ''))), '      ')}")
    if detail.analysis_status != "done":
        why = f": {clean.line(detail.analysis_detail)}" if detail.analysis_detail else ""
        say(f"  the model: {detail.analysis_status}{why}", DIM)


def _analysis(one: AnalysisView, clean: Clean) -> str:
    facts = [one.change_type or "noise", one.category or "", percent(one.confidence_score)]
    told = " · ".join(filter(None, facts))
    return f"{clean.line(one.analyser)}  {told}  {paragraph(clean.line(one.summary), '    ')}"


@click.command(cls=Command)
@click.argument("change_id", metavar="ID")
@click.argument("verdict", type=click.Choice(["useful", "noise", "none"]))
@click.option("--user", metavar="ID", help="Whose verdict it is; else the site's owner's.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def rate(setting: Setting, change_id: str, verdict: str, user: str | None, as_json: bool) -> None:
    """Say whether a change was worth telling: `useful`, `noise`, or `none` to take it back.

    The verdicts on a site move how much its next changes must be to matter, within bounds:
    never prices, stock, security, or anything major.
    """
    from daemon.operations.changes import rate_change
    from daemon.operations.installation.opening import asked

    config = setting.load()
    word, kept = checked_id(change_id), None if verdict == "none" else verdict
    rated = asyncio.run(asked(config, rate_change, word, kept, utc_now(), user))
    view, sums, leaning = rated.detail.view, asdict(rated.ratings), round(rated.leaning, 3)
    if as_json:
        shown = {"id": str(view.id), "verdict": verdict, "site_ratings": sums, "leaning": leaning}
        json_line(shown)
    else:
        name = Clean(config.secrets()).line(view.site_name)
        say(f"{verdict}: {name} has {sums['useful']} useful, {sums['noise']} noise")
        hint(f"the odds that its changes matter move by {leaning:+.2f}")
