"""What can be known of an account before it is watched, for free: no actor is run for it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from jobs.collect.plan import Plan, plan_first
from jobs.config.settings import Settings
from jobs.config.targets import Account
from jobs.platforms import platform

Existence = Literal["yes", "no", "untold", "unanswered"]  # untold: its platform tells nobody without payment
PATIENCE_SECONDS = 5
MOST_AT_ONCE = 8
ABSENT = (400, 404)


@dataclass(frozen=True)
class Newcomer:
    account: Account
    exists: Existence
    plan: Plan
    is_list_price: bool  # no recent night says what its actors cost


def look_up(settings: Settings, night: date, accounts: list[Account]) -> list[Newcomer]:
    with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
        existing = list(threads.map(exists, accounts))
    newcomers = []
    for account, existence in zip(accounts, existing, strict=True):
        plan, is_list_price = plan_first(settings, night, account)
        newcomers.append(Newcomer(account, existence, plan, is_list_price))
    return newcomers


def exists(account: Account) -> Existence:
    """Asks the public address of the account, where its platform answers strangers truthfully."""
    public_address = getattr(platform(account.platform), "public_address", None)
    if public_address is None:
        return "untold"
    asked = str(public_address(account.handle))
    try:
        with urlopen(Request(asked, headers={"User-Agent": "toxwatch"}), timeout=PATIENCE_SECONDS) as answer:
            is_there = urlsplit(answer.url).hostname == urlsplit(asked).hostname  # else it asks for consent first
    except HTTPError as refusal:
        return "no" if refusal.code in ABSENT else "unanswered"
    except OSError:
        return "unanswered"
    return "yes" if is_there else "unanswered"
