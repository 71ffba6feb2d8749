"""What a night will cost by account, and afterwards what it did cost per new comment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from jobs.collect.actors import actors_of
from jobs.collect.runs import priced, prices, runs_of
from jobs.config.settings import Settings
from jobs.config.targets import Account, Community, Targets, read_targets
from jobs.errors import BadInput
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, raw_file, read_file

HISTORY_NIGHTS = 7
MONTH_NIGHTS = 30
FIRST_COMMENTS_PER_POST = 50  # assumed for an account without history


@dataclass(frozen=True)
class Plan:
    account: str
    needed_usd: float  # the smallest budget with which its runs start
    expected_usd: float
    later_usd: float  # expected of the nights after its first, which reads all posts of the lookback
    budget_usd: float  # the night's, or that of one of its tags
    spent_usd: float | None = None
    new_comments: int | None = None

    @property
    def is_too_dear(self) -> bool:
        return self.needed_usd > self.budget_usd

    @property
    def usd_per_1000(self) -> float | None:
        return 1000 * self.spent_usd / self.new_comments if self.spent_usd and self.new_comments else None


def plan(settings: Settings, night: date) -> list[Plan]:
    """One entry per account, in the order of targets.toml."""
    targets, lake = read_targets(settings.targets_file), Lake.of(settings)
    history = [_spent(lake, night - timedelta(days=back)) for back in range(1, HISTORY_NIGHTS + 1)]
    older = _spent(lake, night - timedelta(days=HISTORY_NIGHTS + 1))
    known, tonight = prices(lake, night), _spent(lake, night)
    entries = []
    for account in targets.collected:
        if isinstance(account, Community):
            entries.append(Plan(account.name, 0.0, 0.0, 0.0, _budget(account, targets)))
            continue
        costs = [spent[account.name] for spent in history if account.name in spent]
        if len(costs) > 1 and account.name not in older:
            costs.pop()
        first = _first_usd(account, targets, known)
        usual = sum(costs) / len(costs) if costs else None
        entries.append(
            Plan(
                account.name,
                needed_usd=needed_usd(account, targets),
                expected_usd=first if usual is None else usual,
                later_usd=first / targets.night.lookback_days if usual is None else usual,
                budget_usd=_budget(account, targets),
                spent_usd=tonight.get(account.name),
                new_comments=_new_comments(lake, night, account.name) if account.name in tonight else None,
            )
        )
    return entries


def plan_first(settings: Settings, night: date, account: Account) -> tuple[Plan, bool]:
    """Of an account that is not watched yet, and whether its price is the list's, since no recent night tells it."""
    try:
        targets = read_targets(settings.targets_file)
    except BadInput:  # no account is watched yet
        targets = Targets()
    known = prices(Lake.of(settings), night)
    first = _first_usd(account, targets, known)
    entry = Plan(
        account.name,
        needed_usd=needed_usd(account, targets),
        expected_usd=first,
        later_usd=first / targets.night.lookback_days,
        budget_usd=_budget(account, targets),
    )
    return entry, not all(actor.name in known for actor in actors_of(account, targets))


def _first_usd(account: Account, targets: Targets, known: dict[str, float]) -> float:
    posts, comments = (priced(actor, known) for actor in actors_of(account, targets))
    return posts.usd(account.max_posts) + comments.usd(account.max_posts * FIRST_COMMENTS_PER_POST)


def month_usd(entries: list[Plan], targets: Targets) -> float:
    """A forecast of this night and those after it; none costs more than the budgets of the night and of tags."""
    startable = [entry for entry in entries if not entry.is_too_dear]
    tonight = {entry.account: entry.expected_usd for entry in startable}
    later = {entry.account: entry.later_usd for entry in startable}
    return _within(tonight, targets) + (MONTH_NIGHTS - 1) * _within(later, targets)


def _within(usd: dict[str, float], targets: Targets) -> float:
    for tag, budget in targets.budgets.items():
        tagged = [one.name for one in targets.watched if tag in one.tags and one.name in usd]
        scale = min(1.0, budget / max(sum(usd[name] for name in tagged), budget))
        usd = usd | {name: scale * usd[name] for name in tagged}
    return min(targets.night.budget_usd, sum(usd.values()))


def of_tags(entries: list[Plan], targets: Targets) -> Iterator[tuple[str, float, float]]:
    """Each tag that has a budget, what its accounts are expected to cost, and the budget."""
    for tag, budget in targets.budgets.items():
        tagged = {one.name for one in targets.watched if tag in one.tags}
        yield tag, sum(entry.expected_usd for entry in entries if entry.account in tagged), budget


def needed_usd(account: Account | Community, targets: Targets) -> float:
    if isinstance(account, Community):
        return 0.0
    return max(actor.cap_usd(1) for actor in actors_of(account, targets))


def too_dear(targets: Targets) -> Iterator[str]:
    """A sentence for each account whose actors refuse a run that its budget can pay."""
    for account in targets.collected:
        needed, budget = needed_usd(account, targets), _budget(account, targets)
        if needed > budget:
            yield (
                f"{account.name} needs a budget of at least {needed:.2f} USD per night, the minimum charge of its "
                f"actor, and has {budget:.2f}: raise budget_usd or the budget of its tag in targets.toml"
            )


def _budget(account: Account | Community, targets: Targets) -> float:
    return min([targets.night.budget_usd, *(targets.budgets[tag] for tag in account.tags if tag in targets.budgets)])


def _spent(lake: Lake, night: date) -> dict[str, float]:
    spent: dict[str, float] = {}
    for name, run in runs_of(lake.folder("raw", night)):
        spent[name] = spent.get(name, 0.0) + run.committed_usd
    return spent


def _new_comments(lake: Lake, night: date, account: str) -> int:
    """Comments of the night that none of the two weeks before has."""
    before = {id for back in range(1, 15) for id in _ids(lake, night - timedelta(days=back), account)}
    return len(set(_ids(lake, night, account)) - before)


def _ids(lake: Lake, night: date, account: str) -> Iterator[str]:
    path = raw_file(lake, night, account)
    for line in read_file(path, night) if path.exists() else ():
        for comment in mapped_comments(line) if line.kind == "comment" else ():
            if comment["comment_id"]:
                yield comment["comment_id"]
