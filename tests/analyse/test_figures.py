"""Numbers that changed: what they are the number of, and which of them somebody must know of."""

from __future__ import annotations

import pytest

from daemon.analyse import examine, judge
from daemon.analyse.evidence.figures import Figure
from daemon.lexicon.importance.quantities import Quantity
from daemon.model.change import ChangeType
from daemon.model.site import Rules
from tests.analyse.pages import page, state, text_state

PLANS = (
    "<table><tr><th>Plan</th><th>Calls a minute</th><th>History</th></tr>"
    "<tr><td>Free</td><td>50</td><td>7 days</td></tr>"
    "<tr><td>Team</td><td>800</td><td>90 days</td></tr></table>"
)


def figures(before: str, after: str) -> tuple[Figure, ...]:
    seen = examine(state(page(before)), state(page(after)), (), Rules())
    return seen.found.figures if seen else ()


def grade(before: str, after: str) -> ChangeType | None:
    return judge(state(page(before)), state(page(after)), (), Rules(), None).change_type


def test_a_number_of_a_table_carries_its_row_and_its_column() -> None:
    (figure,) = figures(PLANS, PLANS.replace("800", "400"))
    assert (figure.row, figure.column, figure.old, figure.new) == (
        "Team",
        "Calls a minute",
        "800",
        "400",
    )
    assert (figure.quantity, figure.ratio) == (Quantity.RATE, 0.5)


def test_a_cell_that_becomes_like_another_one_is_named_by_its_own_row() -> None:
    doses = PLANS.replace("Calls a minute", "Dose").replace(">50<", ">10 mg<")
    (figure,) = figures(doses.replace("800", "20 mg"), doses.replace("800", "10 mg"))
    assert (figure.row, figure.old, figure.new) == ("Team", "20 mg", "10 mg")


def test_a_row_that_comes_moves_no_number() -> None:
    more = "<tr><td>Trial</td><td>5</td><td>1 day</td></tr><tr><td>Free"
    assert figures(PLANS, PLANS.replace("<tr><td>Free", more)) == ()


def test_a_cell_over_several_rows_keeps_the_columns_in_place() -> None:
    table = (
        "<table><tr><th>Group</th><th>Plan</th><th>Calls</th></tr>"
        "<tr><td rowspan=2>API</td><td>Free</td><td>50</td></tr>"
        "<tr><td>Team</td><td>800</td></tr></table>"
    )
    (figure,) = figures(table, table.replace("800", "200"))
    assert (figure.row, figure.column) == ("Team", "Calls")


@pytest.mark.parametrize(
    "line",
    [
        "<p>Largest upload: {}</p>",
        "<dl><dt>Largest upload</dt><dd>{}</dd></dl>",
        "<div><div>Largest upload</div><div>{}</div></div>",
        "<ul><li>Largest upload: {}</li></ul>",
    ],
)
def test_a_labelled_number_carries_its_label(line: str) -> None:
    (figure,) = figures(line.format("25 MB"), line.format("5 MB"))
    assert (figure.label, figure.old, figure.new) == ("Largest upload", "25 MB", "5 MB")


def test_a_table_of_a_text_has_rows_and_columns_too() -> None:
    table = "# Limits\n\n| Plan | Calls a minute |\n|---|---|\n| Team | {} |\n"
    before, after = text_state(table.format(800)), text_state(table.format(400))
    seen = examine(before, after, (), Rules())
    assert seen is not None
    (figure,) = seen.found.figures
    assert (figure.row, figure.column, figure.new) == ("Team", "Calls a minute", "400")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Export limit: 500 rows", "Export limit: 100 rows"),
        ("Notice period: 30 days", "Notice period: 60 days"),
        ("Kündigungsfrist: 1 Monat", "Kündigungsfrist: 3 Monate"),
        ("Commission: 8 %", "Commission: 12 %"),
        ("Durée de conservation : 3 ans", "Durée de conservation : 10 ans"),
        ("Zapytania na minutę: 120", "Zapytania na minutę: 60"),
        ("1分あたりのリクエスト上限: 100", "1分あたりのリクエスト上限: 50"),
        ("Storage: 10 GB", "Storage: unlimited"),
        ("Do not take more than 60 mg in a day.", "Do not take more than 40 mg in a day."),
        ("Backups are deleted after 14 days.", "Backups are deleted after 3 days."),
        ("Parental leave: 12 weeks", "Parental leave: 16 weeks"),
        ("Unit rate: 24.5 p/kWh", "Unit rate: 29.1 p/kWh"),
        ("Loans may be renewed 3 times.", "Loans may be renewed 1 time."),
        ("Плата: не более 23 кг", "Плата: не более 10 кг"),
    ],
)
def test_a_number_that_binds_matters_however_few_its_words(old: str, new: str) -> None:
    assert grade(f"<p>{old}</p>", f"<p>{new}</p>") in (ChangeType.MODERATE, ChangeType.MAJOR)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Stars: 4,210", "Stars: 9,398"),
        ("Aufrufe: 1.204", "Aufrufe: 4.880"),
        ("Abonnés : 3 310", "Abonnés : 7 480"),
        ("Rank: 4", "Rank: 9"),
        ("Founders: 3", "Founders: 4"),
        ("Flour: 200 g", "Flour: 220 g"),
        ("Puntos: 12", "Puntos: 25"),
        ("閲覧数: 120", "閲覧数: 480"),
        ("Retention: 90 days", "Retention: 3 months"),
        ("Seats: 12, 17, 25, 48, 90", "Seats: 14, 11, 29, 33, 95"),
        ("The road was over 40 houses long.", "The road was over 41 houses long."),
    ],
)
def test_what_counts_readers_or_says_the_same_does_not(old: str, new: str) -> None:
    assert grade(f"<p>{old}</p>", f"<p>{new}</p>") in (None, ChangeType.MINOR)


def test_ten_times_as_much_is_major() -> None:
    assert grade("<p>Limit: 50 rows</p>", "<p>Limit: 500 rows</p>") is ChangeType.MAJOR


def test_a_large_table_is_read_in_its_bounds() -> None:
    rows = "".join(f"<tr><td>Row {n}</td><td>{n}</td></tr>" for n in range(5_000))
    table = f"<table><tr><th>Name</th><th>Limit</th></tr>{rows}</table>"
    changed = table.replace("<td>7</td>", "<td>70</td>")
    assert [one.row for one in figures(table, changed)] == ["Row 7"]


def test_cells_outside_a_row_are_read_too() -> None:
    loose = "<table><td>Limit</td><td>{}</td></table>"
    assert [one.new for one in figures(loose.format(10), loose.format(20))] == ["20"]


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("Deadline: 14 June 2026", "Deadline: 7 June 2026", ChangeType.MODERATE),
        ("Anmeldeschluss: 5. Mai 2026", "Anmeldeschluss: 1. Mai 2026", ChangeType.MODERATE),
        ("Date limite : 12 mai 2026", "Date limite : 2 mai 2026", ChangeType.MODERATE),
        ("Opening hours: 9:00 to 17:00", "Opening hours: 10:00 to 15:00", ChangeType.MODERATE),
        ("Last updated: 14 June 2026", "Last updated: 17 June 2026", ChangeType.MINOR),
        ("Veröffentlicht: 5. Mai 2026", "Veröffentlicht: 6. Mai 2026", ChangeType.MINOR),
    ],
)
def test_a_date_to_keep_matters_and_that_of_a_writing_does_not(
    old: str, new: str, level: ChangeType
) -> None:
    assert grade(f"<p>{old}</p>", f"<p>{new}</p>") is level


def test_a_date_to_keep_is_none_where_the_owner_asked_for_no_dates() -> None:
    old, new = (page(f"<p>Deadline: {day} June 2026</p>") for day in (14, 7))
    finding = judge(state(old), state(new), (), Rules(mask=("dates",)), None)
    assert not finding.is_significant


def test_a_number_of_a_section_is_none_of_what_it_says() -> None:
    assert figures("<p>Fees of section 4 apply</p>", "<p>Fees of section 5 apply</p>") == ()


def test_a_sum_that_is_asked_for_is_no_figure() -> None:
    assert figures("<p>Answer: 7 + 2 = ?</p>", "<p>Answer: 4 + 8 = ?</p>") == ()
