"""Numbers and words that SQL, pages and alerts share, written once. SQL has each as a macro: BINS is `bins()`."""

from typing import Literal, get_args

Severity = Literal["low", "medium", "high", "critical"]

# Drift counts each of these apart, and all others as one: fewer than BINS.
LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "und", "nl", "pl", "tr", "ar", "hi", "ru", "id", "zh", "ko")
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
COMMENT_SEVERITIES = ("none", *SEVERITIES)  # none: the policy flags nothing in it
Addressee = Literal["account", "commenter", "group", "nobody"]
ADDRESSEES: tuple[Addressee, ...] = get_args(Addressee)  # whom a comment addresses
EXPIRED = "(expired)"  # stands where a text was kept as long as it may be
ERASED = "erased:"  # how a random mark begins, in the place of an erased comment's id
BINS = 20  # scores are counted in steps of 0.05
FEW_COMMENTS = 30  # fewer than these say little about a share
USUAL_DAYS = 28  # as many days before say what is usual
LEAST_DAYS = 5  # fewer days before do not say what is usual
BY_CHANCE = 0.05  # of the changes that are called significant, at most this share may be chance
LEAST_WAVE = 0.01  # a day's share that is less above the usual one, in standard errors of at least this, is no wave
WAVE_FROM = 6.0  # standard errors, summed over days, from where a rise is a wave
DRAWN_A_NIGHT = 20  # comments of each account, for the audit
SHIFT_FROM = 0.25  # of the population stability index: by custom, from where a distribution has shifted
READY_AFTER_HOURS = (
    32  # a night's figures, from its midnight: at 08:00 UTC of the next day, six hours after it is started
)
PROMISED_SHARE = 0.95  # of the nights, for each service level
LEVEL_NIGHTS = 30  # that service levels are measured over
VERSIONS_KEPT = 3  # of the warehouse, unless targets.toml says otherwise
ANSWER_DAYS = 60  # after which nobody answers a comment any more
LEAST_COPIES = 3  # comments with one text, from where it is a group
MOST_CHANGED = 22  # of the 48 digits of a sketch, from where a text is no copy: about half of it differs
NEW_DAYS = 7  # that an author is new for, after USUAL_DAYS without a comment
CAMPAIGN_FROM = 0.2  # share of a group's authors who came for it, at 95 %, from where it is a campaign
LEAST_SENT = 5  # of such authors
DEVIATIONS_OF_95 = 1.96  # standard deviations on either side that hold 95 % of a normal distribution

MACROS: dict[str, str | float | tuple[str, ...]] = {
    "languages": LANGUAGES,
    "severities": SEVERITIES,
    "expired": EXPIRED,
    "erased": ERASED,
    "bins": BINS,
    "few_comments": FEW_COMMENTS,
    "usual_days": USUAL_DAYS,
    "least_days": LEAST_DAYS,
    "by_chance": BY_CHANCE,
    "least_wave": LEAST_WAVE,
    "wave_from": WAVE_FROM,
    "drawn_a_night": DRAWN_A_NIGHT,
    "shift_from": SHIFT_FROM,
    "ready_after_hours": READY_AFTER_HOURS,
    "promised_share": PROMISED_SHARE,
    "level_nights": LEVEL_NIGHTS,
    "answer_days": ANSWER_DAYS,
    "least_copies": LEAST_COPIES,
    "most_changed": MOST_CHANGED,
    "new_days": NEW_DAYS,
    "campaign_from": CAMPAIGN_FROM,
    "least_sent": LEAST_SENT,
    "deviations_of_95": DEVIATIONS_OF_95,
}
