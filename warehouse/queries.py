"""The named questions: a file each in sql/queries, the question on its first line."""

from functools import cache
from pathlib import Path

QUERIES = Path(__file__).parent / "sql" / "queries"


def names() -> list[str]:
    return sorted(path.stem for path in QUERIES.glob("*.sql"))


def question(name: str) -> str:
    return sql(name).partition("\n")[0].removeprefix("-- ")


@cache
def sql(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text()
