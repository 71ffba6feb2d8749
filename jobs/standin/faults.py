"""What goes wrong with the real service, asked for by tests: with a call, with a run, with its items."""

from collections.abc import Iterable
from dataclasses import dataclass, field

Item = dict[str, object]
ENDINGS = ("FAILED", "TIMED-OUT", "ABORTED")


@dataclass
class Fault:
    """What goes wrong with the calls that `on` matches ("POST .*comment-scraper"), so many times.

    A number is answered instead of serving; "lost" serves, then drops the line; "slow" waits `seconds` first, "reset"
    breaks the connection in the middle of the answer, "html" answers with a page, "short" and "empty" with fewer items
    than asked, as while a run still writes.

    Of a run: "long" makes it take `seconds`; FAILED, TIMED-OUT and ABORTED end it with half of its items; "blocked"
    sends an error item in place of all, "instead" one item of these `fields`; "nothing" and "quarter" succeed with so
    many of its items; "noted" has a row without an id besides; "renamed" and "emptied" change the `fields` of items;
    "hogged" gives the first link's items twenty times, each with an id of its own; "uncounted" never says what it has
    cost.
    """

    what: int | str
    on: str
    times: int = 1
    seconds: float = 0.0
    fields: dict[str, str] = field(default_factory=dict)  # from which name to which
    share: float = 1.0  # of the items that are concerned
    asked: str = ""  # concerned is only a run whose input has this in it


def spoilt(fault: Fault | None, items: list[Item]) -> list[Item]:
    """The items as a run with this fault gives them."""
    match fault.what if fault else None:
        case "FAILED" | "TIMED-OUT" | "ABORTED":
            return items[: len(items) // 2]
        case "nothing":
            return []
        case "quarter":
            return items[: len(items) // 4]
        case "noted":
            return [{"note": "No more videos were found", "input": "nasa"}, *items]
        case "renamed" if fault:
            return [_renamed(item, fault.fields) for item in items]
        case "instead" if fault:
            return [{**fault.fields}]
        case "emptied" if fault:
            until = round(fault.share * len(items))
            return [item | (dict.fromkeys(fault.fields, "") if n < until else {}) for n, item in enumerate(items)]
        case "hogged":
            return list(_hogged(items))
    return items


def _renamed(item: Item, fields: dict[str, str]) -> Item:
    return {fields.get(name, name): value for name, value in item.items()}


def _hogged(items: list[Item]) -> Iterable[Item]:
    first = items[0].get("videoWebUrl") if items else None
    for item in items:
        for copy in range(20 if item.get("videoWebUrl") == first else 1):
            yield item | ({"cid": f"{item['cid']}{copy:02d}"} if copy else {})
