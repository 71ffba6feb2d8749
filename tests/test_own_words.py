"""Own words and phrases: what they find, what they then flag everywhere, and the page on which admins change them."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from dashboard.pages.policy import DAYS
from dashboard.pages.words import sentence
from dashboard.settings import Administration
from dashboard.view import Answers, View
from models.labels import LABELS
from tests.conftest import THRESHOLDS
from tests.fixtures.administration import serious_faults
from tests.fixtures.browser import WIDTHS
from tests.fixtures.dashboard import LAST, ROOT, context_of
from warehouse import MistakenFile, Part, build, tables
from warehouse.policies import read_policies
from warehouse.reader import Warehouse
from warehouse.verdicts import Verdicts

pytestmark = pytest.mark.long

MONTH = View(days=DAYS, last=LAST, newest=LAST)
PLEASE = '[[words]]\ntext = "please  STOP"\nflag = "threat"\n'  # in calm's "please stop", which nothing flags
LOUD = '[[words]]\ntext = "loud"\nnever = "any"\ntag = "loud-agency"\n'  # in all of loud's, 30 of them flagged


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        tables.create(con)
        yield con


@pytest.mark.parametrize(
    ("text", "word", "contains"),
    [
        ("You IDIOTS!!", "idiot", False),
        ("You IDIOTS!!", "idiot*", True),
        ("You idiot!!", "Idiot", True),
        ("supercalifragilistic", "*fragil*", True),
        ("fragile", "*agile", True),
        ("kill\n  yourself, now", "kill yourself", True),
        ("kill, yourself", "kill yourself", False),
        ("f*ck off", "f*ck", True),
        ("100% (really)", "100%", True),
        ("E\u0301COLE", "école", True),
        ("wörter", "w", False),
        ("你死ね吧", "死ね", True),
        ("hello🐒", "🐒", True),
        ("바보야", "바보*", True),
        ("[a-z]+", "[a-z]+", True),
        ("abc", "[a-z]+", False),
        ("", "a", False),
    ],
)
def test_a_word_is_found_as_a_whole_word(con: duckdb.DuckDBPyConnection, text: str, word: str, contains: bool) -> None:
    sql = "SELECT contains(spaced($1), sought($2)), may_contain($1, pattern_of($2))"
    [(is_found, may_be)] = con.execute(sql, [text, word]).fetchall()
    assert is_found == contains
    assert may_be or not is_found


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ('text = " * "\nflag = "threat"', "text: write a word or a phrase"),
        ('text = "kys"', '"kys" needs either flag or never'),
        ('text = "kys"\nflag = "threat"\nnever = "any"', '"kys" needs either flag or never'),
        ('text = "kys"\nflag = "any"', '"any" is no category: write toxic, .* or never = "any"'),
        (f'text = "{"x" * 101}"\nflag = "threat"', "at most 100 characters"),
        ('word = "kys"\nflag = "threat"', "unknown key; allowed here: tag, account, language, text, flag, never"),
    ],
)
def test_a_mistake_in_words_is_named(tmp_path: Path, words: str, mistake: str) -> None:
    policies = tmp_path / "policies.toml"
    policies.write_text(f"{(ROOT / 'policies.toml').read_text()}\n[[words]]\n{words}\n")
    with pytest.raises(MistakenFile, match=mistake):
        read_policies(policies)


@pytest.fixture
def own(tmp_path: Path, made: Path) -> Path:
    """A warehouse of one's own, beside its policies."""
    shutil.copyfile(ROOT / "policies.toml", tmp_path / "policies.toml")
    return Path(shutil.copytree(made, tmp_path / "warehouse", symlinks=True))


def apply(own: Path, words: str) -> Answers:
    policies = own.with_name("policies.toml")
    policies.write_text((ROOT / "policies.toml").read_text() + words)
    build.publish(own, [], context_of(policies))
    return Answers(Warehouse(own))


def flagged(answers: Answers, **filters: str) -> int:
    return int(answers.rows("comments_count", replace(MONTH, **filters))[0]["comments"])


def test_words_flag_and_keep_from_being_flagged_in_all_of_history(own: Path) -> None:
    before, answers = build.content_hash(own), apply(own, PLEASE + LOUD)
    warehouse = Warehouse(own)
    assert (flagged(answers, flag="threat"), flagged(answers, flag="toxic")) == (1, 2)
    assert flagged(answers, severity="critical") == 1
    sums = "SELECT label, sum(flagged) FROM {} WHERE flagged > 0 GROUP BY label ORDER BY label"
    assert warehouse.query(sums.format("flags")) == [("threat", 1), ("toxic", 2)]
    assert warehouse.query(sums.format("v1_daily")) == [("threat", 1), ("toxic", 2)]
    now = {(row["label"], row["flagged_from"]): row["flagged"] for row in answers.rows("flagging", MONTH)}
    assert (now["toxic", 0.5], now["threat", 0.4], now["threat", 0.95]) == (2, 1, 1)
    [[queued]] = warehouse.query(
        "SELECT text FROM comments JOIN (SELECT $1 AS comment_id) USING (comment_id)",
        [answers.rows("queue", MONTH, done=[])[0]["comment_id"]],
    )
    assert queued == "please stop"
    assert warehouse.part(Part(("calm-agency",))).query("SELECT word FROM word_rules") == [("please  STOP",)]
    assert warehouse.part(Part(("loud-agency",), texts=False)).query("SELECT sum(flagged) FROM flags") == [(None,)]
    apply(own, "")
    assert build.content_hash(own) == before


def test_a_comment_is_flagged_when_it_is_written_as_the_night_flags_it(own: Path) -> None:
    apply(own, PLEASE + LOUD + '[[for]]\naccount = "instagram/calm"\ntoxic = { from = 0.65, severity = "low" }\n')
    warehouse, accounts = Warehouse(own), {"instagram/loud": ("loud-agency",), "instagram/calm": ("calm-agency",)}
    verdicts = Verdicts(read_policies(own.with_name("policies.toml")), THRESHOLDS, accounts, ["en"])
    columns = ", ".join(LABELS)
    comments = warehouse.query(
        f"SELECT platform || '/' || account, text, language, flags, {columns} FROM comments_scored"
    )
    for account, text, language, flags, *scores in comments:
        assert verdicts.flags(account, text, language, dict(zip(LABELS, scores, strict=True))) == flags, text
    assert {tuple(flags) for _, _, _, flags, *_ in comments} == {(), ("toxic",), ("threat",)}
    unread = dict.fromkeys(LABELS)
    assert verdicts.flags("instagram/calm", "Please stop", "el", unread) == ["threat"], "in a language nobody judged"
    assert verdicts.flags("instagram/calm", "lovely", "el", unread) == []


def test_a_word_that_flags_comes_before_one_that_does_not(own: Path) -> None:
    answers = apply(own, LOUD + '[[words]]\ntext = "loud 7 of"\nflag = "toxic"\n')
    assert flagged(answers, account="instagram/loud", flag="toxic") == 14  # one a day


def test_what_an_expired_text_contained_stays_flagged(own: Path) -> None:
    apply(own, PLEASE)

    def expire(con: duckdb.DuckDBPyConnection) -> None:
        tables.run_script(con, "load/expire.sql", texts_before=date(2999, 1, 1), authors_before=date(2999, 1, 1))
        build.refresh(con)

    build.amend(own, expire)
    assert flagged(Answers(Warehouse(own)), flag="threat") == 1
    assert flagged(apply(own, PLEASE + LOUD), flag="threat") == 1


def test_words_flag_what_the_model_cannot_read(own: Path) -> None:
    def forget_scores(con: duckdb.DuckDBPyConnection) -> None:
        con.execute("UPDATE comments SET language = 'pl' WHERE text = 'please stop'")
        none = ", ".join(f"{label} = NULL" for label in LABELS)
        con.execute(f"UPDATE scores SET {none} WHERE comment_id = 'calm/hostile+1'")
        con.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT platform, account, day FROM post_days")
        tables.run_script(con, "marts/refresh.sql")

    build.amend(own, forget_scores)
    answers = apply(own, PLEASE)
    assert flagged(answers, severity="critical", language="pl") == 1
    [row] = Warehouse(own).query("SELECT flagged, without_score FROM flags WHERE label = 'threat'")
    assert row == (1, 1)
    assert Warehouse(own).query("SELECT sum(flagged) FROM v1_daily WHERE label = 'threat'") == [(0,)]


@pytest.mark.parametrize(
    ("texts", "effect", "category", "words"),
    [
        (["please stop", "nothing like it"], "flag", "threat", PLEASE),
        (["loud"], "never", "any", LOUD),
        (["loud 7 of"], "never", "toxic", '[[words]]\ntext = "loud 7 of"\nnever = "toxic"\n'),
    ],
)
def test_the_preview_counts_what_then_changes(
    own: Path, texts: list[str], effect: str, category: str, words: str
) -> None:
    answers, label = Answers(Warehouse(own)), "toxic" if category == "any" else category
    before = flagged(answers, flag=label)
    [row] = answers.rows("word_effect", MONTH, texts=texts, labels=[label], flags=effect == "flag")
    assert abs(flagged(apply(own, words), flag=label) - before) == row["changed"] > 0
    assert len(row["examples"]) == min(row["changed"], 5)


def test_a_preview_is_a_sentence() -> None:
    row = {"comments": 1204, "changed": 1100}
    assert sentence(row, "flag", "threat") == (
        "1,204 comments match in the last 28 days; 1,100 of these would newly be flagged as threat."
    )
    assert sentence(row | {"changed": 0}, "never", "any") == (
        "1,204 comments match in the last 28 days; 0 of these would no longer be flagged."
    )
    assert sentence(row | {"comments": 0}, "flag", "toxic") == "No comment of the last 28 days matches."


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_words_are_added_with_a_look_at_what_they_do_and_taken_back(
    page: Page, administered_address: str, warehouse: Path, administration: Administration, width: int
) -> None:
    answers, policies = Answers(Warehouse(warehouse)), administration.policies.place()
    before = policies.read_text()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{administered_address}/settings/words")
    answer, words = page.get_by_role("alert"), page.get_by_label("Words or phrases")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(answer).to_have_text("Write at least one word or phrase.")
    words.fill("**")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(answer).to_contain_text("Not saved. words: text: write a word or a phrase")
    words.fill("please stop\n<b>nobody</b> says this")
    expect(page.get_by_text("1 comment matches in the last 28 days; 1 of these would newly be flagged")).to_be_visible()
    assert flagged(answers, severity="low") == 32
    page.get_by_role("button", name="Add", exact=True).click()
    expect(answer).to_contain_text(
        "Saved: added “please stop” and “<b>nobody</b> says this” to the words that flag as toxic. All past comments"
    )
    assert flagged(answers, severity="low") == 33
    assert [word.text for word in read_policies(policies).words] == ["please stop", "<b>nobody</b> says this"]
    assert read_policies(policies).version == "3"
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Remove <b>nobody</b> says this").click()
    expect(answer).to_contain_text("Saved: removed “<b>nobody</b> says this”.")
    page.goto(f"{administered_address}/comments?severity=low&comment={LAST}/calm/hostile%2B1")
    expect(page.locator("#thread")).to_contain_text("Flagged as toxic. Your own words: “please stop” flags as toxic.")
    page.goto(f"{administered_address}/settings/words")
    for did in ("removed “<b>nobody</b> says this”", "added “please stop”"):
        page.get_by_role("button", name="Undo").click()
        expect(answer).to_contain_text(f"Taken back: {did}")
    assert policies.read_text() == before
    assert flagged(answers, severity="low") == 32
