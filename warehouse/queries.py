"""SQL by name: example queries in sql/queries (first line: the question), the dashboard's in sql/pages."""

import re
from functools import cache
from pathlib import Path

QUERIES = Path(__file__).parent / "sql" / "queries"
PAGES = Path(__file__).parent / "sql" / "pages"
GROUP = re.compile(r"~([0-9a-f]{12})")  # of comments that share a text, where words are searched for


def names() -> list[str]:
    return sorted(path.stem for path in QUERIES.glob("*.sql"))


def question(name: str) -> str:
    return sql(name).partition("\n")[0].removeprefix("-- ")


@cache
def sql(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text()


@cache
def page_sql(name: str) -> str:
    return (PAGES / f"{name}.sql").read_text()


def group_in(words: str | None) -> str | None:
    """The group of copies that is searched for, if it is one."""
    found = GROUP.fullmatch(words or "")
    return found[1] if found else None
