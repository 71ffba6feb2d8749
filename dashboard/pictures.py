"""Pictures on pages: a small copy of each, blurred until somebody points at it, with the text on it and its scores."""

from pathlib import Path

from dash import html
from dash.development.base_component import Component
from fastapi import FastAPI, HTTPException, Response

from dashboard.components import meters, panel
from dashboard.language import N_, _, ngettext
from dashboard.people import VISITOR
from dashboard.view import FIRST_DAY, Answers, Row, View
from dashboard.wording import label_name, language_name
from models import pictures
from models.labels import LABELS
from warehouse.pictures import content

PATH = "/picture/"
LONGEST_SIDE = 480  # pixels
REASONS = {
    "budget": N_("The night's budget for pictures was spent."),
    "unreachable": N_("Its host could not be reached."),
    "timed_out": N_("Its host did not answer in time."),
    "refused": N_("Its host refused it."),
    "cut_off": N_("Its host sent a part of it only."),
    "too_many_redirects": N_("Its address leads to too many others."),
    "private_address": N_("Its address is not on the internet."),
    "no_address": N_("Its address can't be read."),
    "too_many_bytes": N_("The file is too large."),
    "too_many_pixels": N_("It has too many pixels."),
    "svg": N_("SVG is not read."),
    "heic": N_("HEIC is not read."),
    "damaged": N_("The file is damaged."),
    "not_installed": N_("This server can't read pictures: `pip install 'toxwatch[pictures]'`."),
    "no_picture": N_("It is not a picture."),
}


def why(reason: str) -> str:
    """A picture was not read."""
    return _(REASONS[reason])


def gallery(rows: list[Row]) -> list[Component]:
    """A panel with a post's pictures, where there are some that the visitor may see."""
    if not rows or not VISITOR.get().may("texts"):
        return []
    about = _(
        "Text on pictures is scored as comments are. The scores are calibrated for comments, and pictures count in no "
        "share. Blurred: point at a picture to see it."
    )
    shown = [_picture(row, _whose(row)) for row in rows]
    return [panel(_("Pictures"), about, html.Div(shown, className="gallery"), wide=True)]


def of_comment(rows: list[Row]) -> list[Component]:
    """A comment's own pictures."""
    if not rows or not VISITOR.get().may("texts"):
        return []
    return [html.Div([_picture(row, []) for row in rows], className="gallery")]


def _picture(row: Row, whose: list[str]) -> Component:
    flags = [_("flagged: {categories}", categories=", ".join(map(label_name, row["flags"])))] if row["flags"] else []
    about = [*whose, *([language_name(row["language"])] if row["text"] else []), *flags]
    note = [html.P(" · ".join(about), className="note")] if about else []
    if row["reason"]:
        return html.Div([html.P(why(row["reason"]), className="note"), *note])
    description = row["text"] or _("A picture without text")
    image = html.Img(src=PATH + row["picture_id"], alt=description, className="hidden-text", tabIndex=0)
    text = html.P(row["text"], className="hidden-text line", tabIndex=0, dir="auto") if row["text"] else None
    return html.Div([image, text or html.P(_("No text was found on it."), className="note"), *note, *_scores(row)])


def _whose(row: Row) -> list[str]:
    own = [_("the post's own")] if row["is_own"] else []
    if not row["comments"]:
        return own
    return [*own, ngettext("in {number} comment", "in {number} comments", row["comments"])]


def _scores(row: Row) -> list[Component]:
    return [] if row["toxic"] is None else meters([row[label] for label in LABELS])


def add(server: FastAPI, answers: Answers, data_dir: Path) -> None:
    @server.get(PATH + "{picture_id}", include_in_schema=False)
    def picture(picture_id: str) -> Response:
        """A small copy, drawn anew: whatever else the file holds stays where it is."""
        if not VISITOR.get().may("texts") or not answers.rows("picture", View(last=FIRST_DAY), id=picture_id):
            raise HTTPException(404, "There is no such picture.")
        file = content(data_dir, picture_id)
        if file is None or not pictures.is_installed():
            raise HTTPException(404, "The picture is not stored here, or no longer.")
        try:
            return Response(pictures.as_jpeg(pictures.opened(file), LONGEST_SIDE), media_type="image/jpeg")
        except pictures.SetAside:
            raise HTTPException(404, "The picture can't be shown.") from None
