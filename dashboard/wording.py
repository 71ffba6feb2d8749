"""How the interface words things: categories, counts, days, and the headings of tables."""

import html as entities
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from dashboard.language import ENGLISH, LANGUAGE, N_, Nn_, _, dated, ngettext, number
from dashboard.view import REVIEWS, SPAM, TAG, Row, View

LABEL_NAMES = {
    "toxic": N_("toxic"),
    "severe_toxic": N_("severely toxic"),
    "obscene": N_("obscene"),
    "threat": N_("threat"),
    "insult": N_("insult"),
    "identity_hate": N_("identity hate"),
}
LABEL_PLURALS = {  # for headings
    "toxic": N_("Toxic comments"),
    "severe_toxic": N_("Severely toxic comments"),
    "obscene": N_("Obscene comments"),
    "threat": N_("Threats"),
    "insult": N_("Insults"),
    "identity_hate": N_("Identity hate"),
}
LABEL_COUNTS = {  # of one comment, of several
    "toxic": Nn_("{number} toxic comment", "{number} toxic comments"),
    "severe_toxic": Nn_("{number} severely toxic comment", "{number} severely toxic comments"),
    "obscene": Nn_("{number} obscene comment", "{number} obscene comments"),
    "threat": Nn_("{number} threat", "{number} threats"),
    "insult": Nn_("{number} insult", "{number} insults"),
    "identity_hate": Nn_("{number} comment with identity hate", "{number} comments with identity hate"),
}
LABEL_SHARES = {
    "toxic": N_("an estimated {share} of {number} scored comments were toxic"),
    "severe_toxic": N_("an estimated {share} of {number} scored comments were severely toxic"),
    "obscene": N_("an estimated {share} of {number} scored comments were obscene"),
    "threat": N_("an estimated {share} of {number} scored comments were threats"),
    "insult": N_("an estimated {share} of {number} scored comments were insults"),
    "identity_hate": N_("an estimated {share} of {number} scored comments contained identity hate"),
}
SEVERITIES = {
    "none": N_("none"),
    "low": N_("low"),
    "medium": N_("medium"),
    "high": N_("high"),
    "critical": N_("critical"),
}
ATTACKED = {
    "person": N_("A person"),
    "origin": N_("Origin or ethnicity"),
    "religion": N_("Religion"),
    "gender": N_("Gender"),
    "sexuality": N_("Sexuality or gender identity"),
    "age": N_("Age"),
    "disability": N_("Disability"),
    "other": N_("Another group"),
}
ADDRESSEES = {
    "account": N_("The account"),
    "commenter": N_("Another person"),
    "group": N_("A group"),
    "nobody": N_("Nobody known"),
}
ROLE_NAMES = {"viewer": N_("Viewer"), "moderator": N_("Moderator"), "admin": N_("Admin")}
COMMENT_FACTS = {
    "is_by_owner": N_("written by the account"),
    "is_liked_by_owner": N_("liked by the account"),
    "is_pinned": N_("pinned by the account"),
    "is_verified": N_("verified author"),
    "is_edited": N_("edited"),
}
COLUMN_HEADINGS = {
    "comments_read": N_("Collected"),
    "comments_kept": N_("Accepted"),
    "comments_scored": N_("Scored"),
    "cost_usd": N_("Cost (USD)"),
    "ready_at": N_("There at"),
    "ingest_errors": N_("Collection errors"),
    "quality_warnings": N_("Failed checks"),
    "column_name": N_("Column"),
    "is_counted": N_("Counted"),
    "is_met": N_("Passed"),
    "unexpected_count": N_("Bad rows"),
    "psi": N_("PSI"),
    "share_before": N_("Share before"),
    "flagged_from": N_("Threshold"),
    "is_policy": N_("In use"),
    "captured": N_("Collected"),
    "reported_by_platform": N_("Reported"),
    "account": N_("Account"),
    "accounts": N_("Accounts"),
    "agreed": N_("Agreed"),
    "attacked": N_("Attacked"),
    "directed_at": N_("Directed at"),
    "can_see": N_("Can see"),
    "category": N_("Category"),
    "change": N_("Change"),
    "check": N_("Check"),
    "comments": N_("Comments"),
    "compute_seconds": N_("Compute seconds"),
    "correct": N_("Correct"),
    "coverage": N_("Coverage"),
    "daily": N_("By day"),
    "day": N_("Day"),
    "decisions": N_("Decisions"),
    "effect": N_("Effect"),
    "error": N_("Error"),
    "error_budget_left": N_("Error budget left"),
    "expected_precision": N_("Expected precision"),
    "flagged": N_("Flagged"),
    "found": N_("Found"),
    "goal": N_("Goal"),
    "harmful": N_("Harmful"),
    "harmless": N_("Harmless"),
    "high": N_("High"),
    "hour": N_("Hour"),
    "in_use": N_("In use"),
    "kind": N_("Kind"),
    "label": N_("Category"),
    "language": N_("Language"),
    "last_night": N_("Last night"),
    "low": N_("Low"),
    "made": N_("Made"),
    "margin": N_("Margin"),
    "measure": N_("Measure"),
    "met": N_("Met"),
    "model": N_("Model"),
    "model_before": N_("Model before"),
    "month": N_("Month"),
    "moved": N_("Moved"),
    "name": N_("Name"),
    "night": N_("Night"),
    "note": N_("Note"),
    "of": N_("Of"),
    "people": N_("People"),
    "posted_at": N_("Posted at"),
    "posts": N_("Posts"),
    "precision": N_("Precision"),
    "probability_from": N_("Probability from"),
    "probability_to": N_("Probability to"),
    "reason": N_("Reason"),
    "recall": N_("Recall"),
    "reviewed": N_("Reviewed"),
    "reviewed_flags": N_("Reviewed flags"),
    "reviewer": N_("Reviewer"),
    "role": N_("Role"),
    "rows": N_("Rows"),
    "seconds": N_("Seconds"),
    "section": N_("Section"),
    "severity": N_("Severity"),
    "share": N_("Share"),
    "share_of_others": N_("Share of the others"),
    "spam": N_("Spam"),
    "unread": N_("Not read"),
    "others": N_("Others"),
    "shift": N_("Shift"),
    "times": N_("Times"),
    "toxic": N_("Toxic"),
    "usd_per_1000": N_("USD per 1,000 comments"),
    "usual": N_("Usual"),
    "version": N_("Version"),
    "week": N_("Week"),
    "weekday": N_("Weekday"),
    "worth": N_("Count as"),
}
PERIODS = {1: N_("1 day"), 7: N_("7 days"), 14: N_("14 days"), 28: N_("28 days"), 91: N_("13 weeks")}
REJECTIONS = {
    "no_id": N_("No ID"),
    "no_post": N_("No post"),
    "no_account": N_("No account"),
    "no_time": N_("No time"),
    "time_in_the_future": N_("Posted in the future"),
    "time_before_the_window": N_("Older than the look-back window"),
    "no_text": N_("No text"),
    "text_too_long": N_("Text too long"),
    "too_many_likes": N_("Implausible number of likes"),
    "duplicate_id": N_("Duplicate"),
}
COLLECTION_ERRORS = {
    "no_items": N_("Private or empty account"),
    "not_found": N_("Not found"),
    "blocked": N_("Blocked by the platform"),
    "budget_reached": N_("The budget was too small"),
    "start_refused": N_("Apify did not start the run"),
    "start_unclear": N_("Apify did not say whether the run started"),
    "no_room": N_("Apify had no room for another run"),
    "still_running": N_("The run on Apify took too long"),
    "gone": N_("Apify no longer has the run"),
    "items_missing": N_("Some comments did not arrive"),
    "posts_missing": N_("None of the known posts arrived"),
    "refused": N_("Refused by Apify"),
    "unreachable": N_("Apify could not be reached"),
}
LANGUAGES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese",
    "und": "Unknown", "nl": "Dutch", "pl": "Polish", "tr": "Turkish", "ar": "Arabic", "hi": "Hindi", "ru": "Russian",
    "id": "Indonesian", "zh": "Chinese", "ko": "Korean", "ja": "Japanese", "sv": "Swedish", "da": "Danish",
    "no": "Norwegian", "fi": "Finnish", "cs": "Czech", "sk": "Slovak", "hu": "Hungarian", "ro": "Romanian",
    "bg": "Bulgarian", "el": "Greek", "hr": "Croatian", "sr": "Serbian", "sl": "Slovenian", "uk": "Ukrainian",
    "he": "Hebrew", "fa": "Persian", "ur": "Urdu", "bn": "Bengali", "ta": "Tamil", "te": "Telugu", "mr": "Marathi",
    "th": "Thai", "vi": "Vietnamese", "ms": "Malay", "tl": "Tagalog", "sw": "Swahili", "ca": "Catalan", "eu": "Basque",
    "gl": "Galician", "lt": "Lithuanian", "lv": "Latvian", "et": "Estonian", "af": "Afrikaans", "sq": "Albanian",
    "kn": "Kannada", "ml": "Malayalam",
}  # fmt: skip
MOST_LANGUAGES = 4  # named in a sentence


def label_name(label: str) -> str:
    """ "severely toxic", within a sentence"""
    return _(LABEL_NAMES[label]) if label in LABEL_NAMES else label


def label_title(label: str) -> str:
    """ "Severely toxic", for tiles, menus and cells"""
    return sentence_case(label_name(label))


def label_plural(label: str) -> str:
    """ "Severely toxic comments", for headings"""
    return _(LABEL_PLURALS[label])


def label_share(label: str, row: Row) -> str:
    """ "an estimated 4.9% of 5,022 scored comments were toxic" """
    return _(LABEL_SHARES[label], share=percent(row["share"]), number=number(row["comments"]))


def label_count(label: str, count: int, spelled_out: bool = False) -> str:
    """ "4 threats", "four threats" """
    one, many = LABEL_COUNTS[label]
    return ngettext(one, many, count, number=spelled(count) if spelled_out else number(count))


def severity_title(severity: str) -> str:
    return sentence_case(_(SEVERITIES[severity]))


def comments(count: int) -> str:
    """ "1 comment", "1,204 comments" """
    return ngettext("{number} comment", "{number} comments", count)


def counted(number: int, noun: str) -> str:
    """ "1 night", "1,204 nights", in English"""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def spelled(count: int) -> str:
    """ "four", "12": digits where a language would decline the words"""
    words = _("no one two three four five six seven eight nine").split()
    return words[count] if count < len(words) else number(count)


def listed(items: Sequence[str]) -> str:
    """ "a, b and c" """
    *most, last = items
    return _("{most} and {last}", most=", ".join(most), last=last) if most else last


def some_of(names: Sequence[str], most: int = 3) -> str:
    """ "a, b, c and 4 more" """
    more = len(names) - most
    return listed([*names[:most], *([_("{number} more", number=number(more))] if more > 0 else [])])


def heading(column: str) -> str:
    """A table's heading for a column of the warehouse."""
    return _(COLUMN_HEADINGS[column]) if column in COLUMN_HEADINGS else sentence_case(column.replace("_", " "))


def day_month(day: date) -> str:
    """ "20 November" """
    return dated(day, "MMMMd")


def full_date(day: date) -> str:
    """ "20 November 2026" """
    return dated(day, "long")


def weekday(number: str, is_short: bool = False) -> str:
    """ "Monday" of "1" """
    return sentence_case(dated(date(2001, 1, int(number)), "EEE" if is_short else "EEEE"))  # which began on a Monday


def period_phrase(days: int, last: date) -> str:
    """ "on 20 November 2026", "in the 7 days to 20 November 2026" """
    if days == 1:
        return _("on {day}", day=full_date(last))
    if days == 91:
        return _("in the 13 weeks to {day}", day=full_date(last))
    return _("in the {number} days to {day}", number=number(days), day=full_date(last))


def previous_period(days: int) -> str:
    """What another period is compared with: "the day before", "the previous 7 days" """
    if days == 1:
        return _("the day before")
    if days == 91:
        return _("the previous 13 weeks")
    return _("the previous {number} days", number=number(days))


def dates(first: date, last: date) -> str:
    """ "20 November 2026", "1 to 20 November 2026", "28 December 2025 to 3 January 2026" """
    if first == last:
        return full_date(last)
    if first.year != last.year:
        return _("{first} to {last}", first=full_date(first), last=full_date(last))
    start = day_month(first) if first.month != last.month or LANGUAGE.get() != ENGLISH else str(first.day)
    return _("{first} to {last}", first=start, last=full_date(last))


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def in_sentence(title: str) -> str:
    """A title within a sentence; German nouns keep their capitals."""
    return title if LANGUAGE.get() == "de" else title[:1].lower() + title[1:]


def percent(part: float | None) -> str:
    if part is None:
        return "–"
    return number(part, ".1%" if part >= 0.01 or part == 0 else ".2%")


def points(change: float | None) -> str:
    """+1.2 points"""
    if change is None:
        return "–"
    return _("{number} points", number=number(100 * change, "+.1f") if abs(change) >= 0.0005 else number(0, ".1f"))


def up_or_down(change: float) -> str:
    """ "up 1.2 points" """
    size = number(100 * abs(change), ".1f")
    return _("up {number} points", number=size) if change > 0 else _("down {number} points", number=size)


def share(row: Row) -> str:
    """16.5% ± 1.0"""
    return f"{percent(row['share'])} ± {number(100 * row['margin'], '.1f')}"


def shown(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, float):
        return number(value, ",.3g") if abs(value) < 1000 else number(value, ",.0f")
    if isinstance(value, int):
        return number(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return dated(value, "MMMd")
    return entities.unescape(str(value))


def moment(at: datetime) -> str:
    """A day and a time; the day is never broken in two."""
    day = dated(at, "MMMd").replace(" ", "\N{NO-BREAK SPACE}")
    return f"{day} {at:%H:%M}"


def language_name(code: str) -> str:
    if code == "und":
        return _("Unknown")
    if LANGUAGE.get() == ENGLISH:
        return LANGUAGES.get(code, code)
    from babel import Locale

    return sentence_case(Locale(LANGUAGE.get()).languages.get(code, code))


def language_names() -> dict[str, str]:
    """Of all languages that comments can be in, by code."""
    return {code: language_name(code) for code in LANGUAGES}


def not_judged(languages: Sequence[Row]) -> str:
    """ " Not counted: 120 comments (2.4%) in languages that the model was not judged in: Greek (100), Finnish." """
    others = [row for row in languages if not row["is_judged"]]
    if not others:
        return ""
    count, total = (sum(row["comments"] for row in rows) for rows in (others, languages))
    named = [f"{language_name(row['language'])} ({number(row['comments'])})" for row in others]
    return " " + ngettext(
        "Not counted: {number} comment ({share}) in languages that the model was not judged in: {languages}.",
        "Not counted: {number} comments ({share}) in languages that the model was not judged in: {languages}.",
        count, share=percent(count / total), languages=some_of(named, MOST_LANGUAGES),
    )  # fmt: skip


def tagged(tags: Sequence[str]) -> str:
    return _("tagged {tags}", tags=listed(tags))


def filters_of(view: View) -> str:
    """ "instagram/nasa, flagged as threat, in German, in the 7 days to 20 November 2026" """
    parts = [
        tagged([view.account.removeprefix(TAG)]) if view.account and view.account.startswith(TAG) else view.account,
        ", ".join(view.accounts),
        view.flag and _("flagged as {category}", category=label_name(view.flag)),
        view.severity and _("severity {severity}", severity=_(SEVERITIES[view.severity])),
        view.attacked and _("attacks: {whom}", whom=in_sentence(_(ATTACKED[view.attacked]))),
        view.directed and _("directed at: {whom}", whom=in_sentence(_(ADDRESSEES[view.directed]))),
        view.language and _("in {language}", language=language_name(view.language)),
        view.review and in_sentence(_(REVIEWS[view.review])),
        view.spam and in_sentence(_(SPAM[view.spam])),
        view.score and score_range(view),
        view.words and _("with “{words}”", words=view.words),
        view.similar
        and (_("similar to one comment") if view.is_like_a_comment else _("similar to “{text}”", text=view.similar)),
        period_phrase(view.days, view.last),
    ]
    return ", ".join(filter(None, parts))


def score_range(view: View) -> str:
    """ "threat: score 35 to 40%" """
    first, last = str(view.score).split("-")
    return _("{category}: score {first} to {last}%", category=label_name(view.label), first=first, last=last)


def change_from(change: float, view: View) -> str:
    """ "up 1.2 points from the previous 7 days", "the same as the previous 7 days" """
    if abs(change) < 0.0005:
        return _("the same as {period}", period=compared_with(view))
    return _("{change} from {period}", change=up_or_down(change), period=compared_with(view))


def compared_with(view: View) -> str:
    """ "the previous 7 days", "the same weeks last year", "1 to 7 November 2026" """
    if view.compared is None:
        return previous_period(view.days)
    if view.against == "year":
        return _("the same weeks last year")
    # Translators: what something is compared with
    return _("{dates}", dates=dates(view.compared.first, view.compared.last))
