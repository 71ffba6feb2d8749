"""Controls: of a page, whose value becomes part of its URL, and of a form."""

import re
from datetime import timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.view import FIRST_DAY, LONGEST_PERIOD, View, time_zones
from dashboard.wording import ATTACKED, PERIODS, label_title
from models.labels import LABELS

CALENDAR: Any = {
    "ariaLabels": {"nextMonth": "Next month", "previousMonth": "Previous month", "monthLevelControl": "Choose a month"},
    "popoverProps": {"withinPortal": True},
}
PREPARE_UPLOAD = """async () => {
    const input = () => document.querySelector('#ID input'), path = location.pathname;
    while (!input() && location.pathname === path) await new Promise(resolve => setTimeout(resolve, 50));
    if (!input()) return '';
    input().ariaLabel = 'NAME';
    const place = document.getElementById('ID-place');
    place.onchange = place.ondrop = ({target, dataTransfer}) => {
        const [file] = (dataTransfer || target).files;
        if (file && file.size > 1e6 * MEGABYTES) dash_clientside.set_props(
            'STATUS', {children: `${file.name} is larger than MEGABYTES MB, the most that this page reads.`});
    };
    return '';
}"""


def pick(
    name: str, label: str, value: Any, choices: dict[str, str], empty: str | None = None, **options: Any
) -> Component:
    """A control whose value becomes part of the URL."""
    select: Component = dmc.Select(
        id={"control": name}, label=label, value=None if value is None else str(value), clearable=empty is not None,
        data=[{"value": key, "label": text} for key, text in choices.items()], size="sm",
        allowDeselect=False, comboboxProps={"withinPortal": True}, searchable=len(choices) > 8, w=190,
        **{"placeholder": empty, **options},
    )  # fmt: skip
    return select


def choice(id: str, label: str, choices: dict[str, str], value: str | None = None, **options: Any) -> Component:
    """A control of a form; `choices` is value → text."""
    select: Component = dmc.Select(
        id=id, label=label, value=value, size="sm",
        data=[{"value": key, "label": text} for key, text in choices.items()], **options,
    )  # fmt: skip
    return select


def pick_period(view: View) -> list[Component]:
    """A usual period, or any dates."""
    lengths = {str(days): text for days, text in PERIODS.items()}
    calendar = dmc.DatePickerInput(
        id={"control": "dates"}, label="Dates", type="range", value=[str(view.first), str(view.last)], size="sm",
        valueFormat="D MMM YYYY", maxDate=str(view.newest), allowSingleDateInRange=True,
        minDate=str(max(view.newest - timedelta(days=LONGEST_PERIOD), FIRST_DAY)), **CALENDAR,
    )  # fmt: skip
    return [
        pick("days", "Period", view.days if view.days in PERIODS else None, lengths, placeholder="Own dates"),
        html.Div(calendar, className="dates"),
    ]


def pick_comparison(view: View) -> list[Component]:
    """The period to compare with; any other starts on a day of one's choice."""
    first = str(view.first - timedelta(days=view.days))
    is_other = view.against not in (None, "year")
    choices = {"year": "Same weeks last year", str(view.against) if is_other else first: "Another period…"}
    chosen = pick("against", "Compare with", view.against, choices, "Previous period")
    if not is_other:
        return [chosen]
    start = dmc.DatePickerInput(
        id={"control": "against day"}, label="which starts on", value=view.against, size="sm",
        valueFormat="D MMM YYYY", maxDate=str(view.newest), **CALENDAR,
    )  # fmt: skip
    return [chosen, html.Div(start, className="dates")]


def pick_zone(view: View) -> Component:
    zones = {
        zone: zone.replace("_", " ")
        for zone in ["UTC", *sorted(time_zones())]
        if zone == "UTC" or ("/" in zone and not zone.startswith("Etc/"))
    }
    return pick("zone", "Time zone", view.zone, zones, limit=100)


def pick_label(view: View) -> Component:
    return pick("label", "Category", view.label, {label: label_title(label) for label in LABELS})


def pick_flag(view: View) -> Component:
    return pick("flag", "Flagged as", view.flag, {label: label_title(label) for label in LABELS}, "All comments")


def pick_attacked(view: View) -> Component:
    return pick("attacked", "Attacks", view.attacked, ATTACKED, "Anyone or nobody")


def pick_account(view: View, places: dict[str, str], empty: str | None = None) -> Component:
    return pick("account", "Account", view.account, places, empty)


def upload(id: str, caption: Component, megabytes: int, **options: Any) -> Component:
    return html.Div(dcc.Upload(caption, id=id, max_size=1_000_000 * megabytes, **options), id=f"{id}-place")


def prepare_upload(app: Dash, id: str, name: str, megabytes: int, status: str) -> None:
    """Names it for screen readers, since Dash adds the input late and without a name, and says in `status` when a file
    is too large, which Dash drops silently."""
    script = PREPARE_UPLOAD
    for word, value in {"ID": id, "NAME": name, "MEGABYTES": str(megabytes), "STATUS": status}.items():
        script = re.sub(rf"\b{word}\b", value, script)
    app.clientside_callback(script, Output(f"{id}-place", "data-named"), Input(id, "id"))
