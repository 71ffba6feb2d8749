"""A mistake in targets.toml is named with its line and with what is allowed there."""

from pathlib import Path
from typing import get_args

import pytest

from jobs.config.settings import PROJECT
from jobs.config.targets import Account, read_targets
from jobs.errors import BadInput
from jobs.platforms import COLLECTED

GOOD = '[night]\nbudget_usd = 2\n\n[[accounts]]\nplatform = "instagram"\nhandle = "nasa"\ntags = ["space"]\n'


def read(folder: Path, text: str):
    (folder / "targets.toml").write_text(text)
    return read_targets(folder / "targets.toml")


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    targets = read(tmp_path, GOOD)
    assert targets.night.budget_usd == 2
    assert targets.night.lookback_days == 14
    (account,) = targets.accounts
    assert (account.name, account.tags, account.max_comments_per_post) == ("instagram/nasa", ("space",), 1000)
    assert targets.account("instagram/nasa") is account


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (GOOD.replace("= 2", "= -2"), "line 2: budget_usd: must be greater than 0 (found -2)"),
        (GOOD.replace("instagram", "insta"), "line 5: platform: must be 'instagram', 'tiktok', 'youtube'"),
        (GOOD + 'handel = "x"\n', "line 8: handel: unknown key; allowed here: platform, handle, tags, max_posts"),
        (
            GOOD.replace("budget_usd = ", "starts_at = 25\nbudget_usd = "),
            "line 2: starts_at: write a time of day as 02:00",
        ),
        (GOOD.replace("budget_usd", "budget"), "line 2: budget: unknown key; allowed here: starts_at, budget_usd"),
        (GOOD.replace('handle = "nasa"\n', ""), "line 4: handle: required, but missing"),
        (GOOD + GOOD.partition("\n\n")[2], "instagram/nasa is listed twice"),
        ("[night]\n", "list at least one account, as an [[accounts]] block"),
        ("[night\n", "not valid TOML: Expected ']'"),
        (GOOD.replace("[[accounts]]", "[accounts]"), "line 4: accounts: write [[accounts]] with two brackets"),
        (GOOD.replace('"nasa"', '"../../etc"'), "line 6: handle: write just the name, e.g. etc, not the URL"),
        (GOOD.replace('"nasa"', '"@nasa"'), "line 6: handle: write just the name, e.g. nasa, not the URL"),
        (
            GOOD.replace('"nasa"', '"https://x.com/nasa/"'),
            "line 6: handle: write just the name, e.g. nasa, not the URL",
        ),
        (GOOD + GOOD.partition("\n\n")[2].replace("nasa", "NASA"), "instagram/NASA and instagram/nasa is listed twice"),
        (GOOD + "[budgets]\nspice = 1.0\n", "budgets: no account has the tag spice"),
        (GOOD + "[budgets]\nspace = 0\n", "space: must be greater than 0"),
        (GOOD + '[actors]\ntiktok_post = "a/b"\n', "tiktok_post: unknown key; allowed here: instagram_posts"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, output: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read(tmp_path, text)
    assert output in str(refusal.value)


def test_an_unknown_account_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Accounts: instagram/nasa"):
        read(tmp_path, GOOD).account("instagram/esa")


def test_every_platform_that_can_be_watched_has_a_module() -> None:
    assert get_args(Account.model_fields["platform"].annotation) == COLLECTED


def test_the_shipped_file_is_valid() -> None:
    assert read_targets(PROJECT / "targets.toml").accounts
