"""SQL by name: the ready questions in sql/queries, the question on the first line, and what pages ask in sql/pages."""

from functools import cache
from pathlib import Path

QUERIES = Path(__file__).parent / "sql" / "queries"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is run by a spreadsheet
PAGES = Path(__file__).parent / "sql" / "pages"


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
