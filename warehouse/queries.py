"""SQL by name: example queries in sql/queries (first line: the question), the dashboard's in sql/pages."""

from functools import cache
from pathlib import Path

QUERIES = Path(__file__).parent / "sql" / "queries"
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
