"""An assistant asks over the Model Context Protocol, and is told what its key may know."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from dashboard import assistant
from dashboard.people import People, PeopleError
from dashboard.view import Answers, View
from tests.conftest import TOXWATCH
from tests.fixtures.dashboard import LAST
from warehouse import Part
from warehouse.reader import Warehouse


def ask(data_dir: Path, calls: list[tuple[str, dict[str, Any]]], key: str | None = None) -> tuple[set[str], list[Any]]:
    """The tools that a real process offers over its standard input and output, and what they answer."""

    async def asked() -> tuple[set[str], list[Any]]:
        arguments = ["mcp", "--data-dir", str(data_dir), *(["--key", key] if key else [])]
        async with Client(StdioServerParameters(command=TOXWATCH, args=arguments, env=dict(os.environ))) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            return tools, [await client.call_tool(name, given) for name, given in calls]

    with ThreadPoolExecutor() as pool:  # this thread's event loop may be the browser's
        return pool.submit(anyio.run, asked).result()


def rows_of(answer: Any) -> Any:
    assert not answer.is_error, answer
    return answer.structured_content["result"]


def test_an_assistant_gets_the_figures_of_the_pages(warehouse: Path) -> None:
    period = {"days": 14, "last": str(LAST)}
    tools, answers = ask(warehouse.parent, [
        ("accounts", {}), ("ranking", {"filters": period}), ("trend", {"filters": period}),
        ("comments", {"filters": period | {"flag": "toxic", "limit": 3}}), ("inbox", {"filters": period}),
        ("themes", {"filters": period}),
        ("sql", {"query": "SELECT count(*) AS n FROM v1_comments;"}), ("tables", {"name": "v1_daily"}),
        ("sql", {"query": "DELETE FROM comments"}), ("trend", {"filters": {"days": -1}}),
    ])  # fmt: skip
    assert tools == {"accounts", "ranking", "trend", "comments", "inbox", "themes", "sql", "tables"}
    accounts, ranking, trend, comments, _, themes, counted, columns = map(rows_of, answers[:8])
    query = Warehouse(warehouse).query
    assert {row["account"] for row in ranking} <= set(accounts)
    [(share,)] = query(
        "SELECT share FROM v1_daily WHERE day = $1 AND label = 'toxic' ORDER BY comments DESC LIMIT 1", [LAST]
    )
    assert 0 < share < 1
    assert {row["day"] for row in trend} >= {str(LAST)}
    assert len(comments) == 3
    flagged = {id for (id,) in query("SELECT comment_id FROM v1_comments WHERE list_contains(flags, 'toxic')")}
    assert {row["comment_id"] for row in comments} <= flagged
    assert counted == [{"n": query("SELECT count(*) FROM v1_comments")[0][0]}]
    assert {row["column_name"] for row in columns} >= {"share", "margin"}
    assert themes == Answers(Warehouse(warehouse)).themes(View(days=14, last=LAST, newest=LAST))
    assert [one.is_error for one in answers[8:]] == [True, True]
    assert "syntax error" in answers[8].content[0].text


def test_a_key_sees_its_part_only(warehouse: Path) -> None:
    people = People.in_folder(warehouse.parent)
    people.add("ann", "a long password", "admin", Part())
    with pytest.raises(PeopleError, match="needs a key"):
        assistant.admitted(people, None)
    with pytest.raises(PeopleError, match="No such key"):
        assistant.admitted(people, "tw_wrong")
    with pytest.raises(PeopleError, match="only score texts"):
        assistant.admitted(people, people.add_key("scorer", ["predict"]))
    tools, answers = ask(warehouse.parent, [("accounts", {})], people.add_key("client", ["read"], ["loud"]))
    assert "sql" not in tools
    assert set(rows_of(answers[0])) < {account for (account,) in everything(warehouse)}
    tools, _ = ask(warehouse.parent, [], people.add_key("chart", ["figures"]))
    assert tools == {"accounts", "ranking", "trend"}


def everything(warehouse: Path) -> list[tuple[Any, ...]]:
    return Warehouse(warehouse).query("SELECT DISTINCT platform || '/' || account FROM comments")
