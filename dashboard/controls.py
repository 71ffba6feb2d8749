"""Controls: of a page, whose value becomes part of its URL, and of a form."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.language import LANGUAGE, _
from dashboard.view import FIRST_DAY, LONGEST_PERIOD, SPAM, View, time_zones
from dashboard.wording import ADDRESSEES, ATTACKED, PERIODS, label_title
from models.labels import LABELS

PREPARE_UPLOAD = """async () => {
    const input = () => document.querySelector('#ID input'), path = location.pathname;
    while (!input() && location.pathname === path) await new Promise(resolve => setTimeout(resolve, 50));
    if (!input()) return '';
    const place = document.getElementById('ID-place');
    input().ariaLabel = place.dataset.name;
    place.onchange = place.ondrop = ({target, dataTransfer}) => {
        const [file] = (dataTransfer || target).files;
        if (file && file.size > 1e6 * MEGABYTES) dash_clientside.set_props(
            'STATUS', {children: place.dataset.tooLarge.replace('{file}', file.name)});
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


def _calendar(**options: Any) -> Component:
    months = {"nextMonth": _("Next month"), "previousMonth": _("Previous month"),
              "monthLevelControl": _("Choose a month")}  # fmt: skip
    calendar = dmc.DatePickerInput(
        size="sm", valueFormat="D MMM YYYY", ariaLabels=months, popoverProps={"withinPortal": True}, **options
    )
    return html.Div(dmc.DatesProvider(calendar, settings={"locale": LANGUAGE.get()}), className="dates")


def pick_period(view: View) -> list[Component]:
    """A usual period, or any dates."""
    lengths = {str(days): _(text) for days, text in PERIODS.items()}
    calendar = _calendar(
        id={"control": "dates"}, label=_("Dates"), type="range", value=[str(view.first), str(view.last)],
        maxDate=str(view.newest), allowSingleDateInRange=True,
        minDate=str(max(view.newest - timedelta(days=LONGEST_PERIOD), FIRST_DAY)),
    )  # fmt: skip
    return [
        pick("days", _("Period"), view.days if view.days in PERIODS else None, lengths, placeholder=_("Own dates")),
        calendar,
    ]


def pick_comparison(view: View) -> list[Component]:
    """The period to compare with; any other starts on a day of one's choice."""
    first = str(view.first - timedelta(days=view.days))
    is_other = view.against not in (None, "year")
    choices = {"year": _("Same weeks last year"), str(view.against) if is_other else first: _("Another period…")}
    chosen = pick("against", _("Compare with"), view.against, choices, _("Previous period"))
    if not is_other:
        return [chosen]
    start = _calendar(
        id={"control": "against day"}, label=_("which starts on"), value=view.against, maxDate=str(view.newest)
    )
    return [chosen, start]


def pick_zone(view: View) -> Component:
    zones = {
        zone: zone.replace("_", " ")
        for zone in ["UTC", *sorted(time_zones())]
        if zone == "UTC" or ("/" in zone and not zone.startswith("Etc/"))
    }
    return pick("zone", _("Time zone"), view.zone, zones, limit=100)


def pick_label(view: View) -> Component:
    return pick("label", _("Category"), view.label, {label: label_title(label) for label in LABELS})


def pick_flag(view: View) -> Component:
    return pick("flag", _("Flagged as"), view.flag, {label: label_title(label) for label in LABELS}, _("All comments"))


def pick_attacked(view: View) -> Component:
    return pick("attacked", _("Attacks"), view.attacked, in_language(ATTACKED), _("Whoever"))


def pick_directed(view: View) -> Component:
    return pick("directed", _("Directed at"), view.directed, in_language(ADDRESSEES), _("Whoever"))


def pick_spam(view: View) -> Component:
    return pick("spam", _("Spam"), view.spam, in_language(SPAM), _("Spam or not"))


def pick_account(view: View, places: dict[str, str], empty: str | None = None) -> Component:
    return pick("account", _("Account"), view.account, places, empty)


def in_language(choices: Mapping[str, str]) -> dict[str, str]:
    """The texts of choices that were marked by N_."""
    return {key: _(text) for key, text in choices.items()}


def upload(id: str, name: str, caption: Component, megabytes: int, **options: Any) -> Component:
    too_large = _("{{file}} is larger than {megabytes} MB, the most that this page reads.", megabytes=megabytes)
    return html.Div(
        dcc.Upload(caption, id=id, max_size=1_000_000 * megabytes, **options), id=f"{id}-place",
        **cast(Any, {"data-name": name, "data-too-large": too_large}),
    )  # fmt: skip


def prepare_upload(app: Dash, id: str, megabytes: int, status: str) -> None:
    """Names it for screen readers, since Dash adds the input late and without a name, and says in `status` when a file
    is too large, which Dash drops silently."""
    script = PREPARE_UPLOAD
    for word, value in {"ID": id, "MEGABYTES": str(megabytes), "STATUS": status}.items():
        script = re.sub(rf"\b{word}\b", value, script)
    app.clientside_callback(script, Output(f"{id}-place", "data-named"), Input(id, "id"))
