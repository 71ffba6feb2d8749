"""Sentences of commands, files and alerts, which are in English, in the reader's language.

A message is its own pattern: what stands where its {placeholders} are is retold too, and numbers get the language's
signs.
"""

import re
from functools import cache

from dashboard.language import N_, _, signed
from dashboard.wording import COLLECTION_ERRORS

FIELD = re.compile(r"\{(\w+)\}")
NUMBER = re.compile(r"[\d,]*\d(\.\d+)?%?")
SENTENCES = (
    # Alerts
    N_("wave of abuse: {flagged} of {comments} comments flagged, an estimated {share}% toxic, usually {usual}%"),
    N_("an estimated {share}% of {comments} comments are toxic, usually {usual}%"),
    N_("an estimated {share}% of {comments} comments are severely toxic, usually {usual}%"),
    N_("an estimated {share}% of {comments} comments are obscene, usually {usual}%"),
    N_("an estimated {share}% of {comments} comments are threats, usually {usual}%"),
    N_("an estimated {share}% of {comments} comments are insults, usually {usual}%"),
    N_("an estimated {share}% of {comments} comments contain identity hate, usually {usual}%"),
    N_("{copies} of {flagged} {what} are one text; of its {authors} authors {new} are new"),
    N_("{copies} of {flagged} {what} are one text"),
    N_("threats"),
    N_("insults"),
    N_("severely toxic comments"),
    N_("comments with identity hate"),
    N_("obscene comments"),
    N_("toxic comments"),
    N_("a campaign: {authors} authors wrote the same, {new} of them are new"),
    N_("{comments} comments, usually {usual}"),
    N_("{comments} comment, usually {usual}"),
    N_("{what} differ significantly from the four weeks before (PSI {psi})"),
    N_("languages"),
    N_("comment lengths"),
    N_("toxic scores"),
    N_("severe toxic scores"),
    N_("obscene scores"),
    N_("threat scores"),
    N_("insult scores"),
    N_("identity hate scores"),
    N_("a check failed: “{check}” Found: {found}."),
    N_("nothing"),
    N_("{account} could not be collected: {code} ({description})"),
    N_("{account} could not be collected: {code}"),
    N_("{account} arrives with other fields: {code} ({description})"),
    N_("the night cost ${cost} of its ${budget} budget"),
    N_("the night did not finish: {cause} (done: {stages})"),
    N_("no stage reported an error, so it was stopped, is running or has not begun"),
    N_("{work} failed: {cause}"),
    N_("no night has come for {hours} hours: the newest is {night}"),
    N_("This is a test. Alerts of Toxwatch reach you here."),
    # What Great Expectations checks
    N_("The night has comments."),
    N_("{share} of rows are usable."),
    N_("No comment id occurs twice in an account."),
    N_("Every comment has an id."),
    N_("Every comment has an account."),
    N_("Every comment has a post."),
    N_("Every comment has a text, if an empty one."),
    N_("Every comment has a time."),
    N_("No text exceeds {number} characters."),
    N_("No number of likes is negative."),
    N_("Comments have at most {number} likes."),
    N_("{share} of comments name their author."),
    N_("Each account has a tenth to ten times its usual comments."),
    N_("{least} to {most}"),
    # Mistakes in files of settings
    N_("must be greater than or equal to {limit}"),
    N_("must be greater than {limit}"),
    N_("must be less than or equal to {limit}"),
    N_("must be less than {limit}"),
    N_("must be a valid integer, unable to parse string as an integer"),
    N_("must be a valid integer"),
    N_("must be a valid number, unable to parse string as a number"),
    N_("must be a valid number"),
    N_("must be a valid boolean"),
    N_("must be a valid string"),
    N_("must be a table of {keys}"),
    N_("must be {allowed} or {last}"),
    N_("String should match pattern '{pattern}'"),
    N_("String should have at most {number} characters"),
    N_("unknown key; allowed here: {keys}"),
    N_("required, but missing"),
    N_("write [[{key}]] with two brackets"),
    N_("write just the name, e.g. {example}, not the URL and without @"),
    N_("write a time zone as Europe/Berlin"),
    N_("write a time of day as 02:00"),
    N_("connection and query belong together: add the other one"),
    N_("list at least one account, as an [[accounts]] block with platform and handle"),
    N_("{accounts} is listed twice; keep one block of each"),
    N_("budgets: no account has the tag {tags}"),
    N_("text: write a word or a phrase"),
    N_("{word} needs either flag or never"),
    N_("lacks {categories}"),
    N_("{file} is not valid TOML: {mistake}"),
    N_("{mistake} (found {found})"),
    # What commands say
    N_("APIFY_TOKEN is not set. Copy it from {address} (Settings, API & Integrations)."),
    N_("It stopped; the server's log may say why."),
    N_("There is nobody to send to: add an e-mail address, or set up Slack or a webhook."),
    N_("There is somebody to send e-mail to, but TOXWATCH_SMTP_URL is not set. Set it, e.g. {example}"),
    N_("Not sent: {reasons}."),
    N_("the mail server {server} did not accept the message ({reason})"),
    N_("{channel} did not accept the message ({reason})"),
    N_("Sent by {channels}. Look whether it has arrived."),
    N_("Sent to {address}."),
    N_("There is no such subscription any more."),
    N_("{model} was never in production here. See `toxwatch models`; others need `toxwatch gate`."),
    N_("The query took longer than {seconds} s. Narrow it down: one account, or fewer days."),
    N_("{file}, line {line}: {mistake}"),
    N_("{subject}: {sentence}"),
)


def retold(text: str) -> str:
    """Unchanged if it is none of these sentences."""
    return "\n".join(map(_line, text.split("\n")))


def _line(text: str) -> str:
    for message, pattern in _patterns():
        if found := pattern.fullmatch(text):
            return _(message, **{name: _part(name, value) for name, value in found.groupdict().items()})
    return text


def _part(name: str, text: str) -> str:
    if name == "code":
        return _(COLLECTION_ERRORS[text]) if text in COLLECTION_ERRORS else text
    return signed(text) if NUMBER.fullmatch(text) else _line(text)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(message, re.compile(_pattern(message), re.DOTALL)) for message in SENTENCES]


def _pattern(message: str) -> str:
    return "".join(f"(?P<{part}>.+?)" if i % 2 else re.escape(part) for i, part in enumerate(FIELD.split(message)))
