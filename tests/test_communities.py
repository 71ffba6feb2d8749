"""Communities: comments from real databases are read once each, and one that fails stops nobody else."""

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs import scrape
from jobs.collect import communities
from jobs.collect.plan import plan
from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.errors import BadInput, FailedService
from jobs.lake.nights import Lake
from jobs.lake.raw import RawLine, mapped_comments, raw_file, read_file
from jobs.upkeep import doctor
from tests.fixtures.databases import PASSWORD, Server

NIGHT = date(2026, 11, 10)
NIGHTS = [NIGHT + timedelta(days=days) for days in range(4)]
QUERY = "SELECT c.id, photo_id, username, comment_text, c.created_at FROM comments c JOIN users u ON u.id = c.user_id"
COMMUNITY = """
[[communities]]
platform = "clone"
handle = "main"
connection = "TOXWATCH_DATABASE_CLONE"
query = "QUERY"
""".replace("QUERY", QUERY)


@pytest.fixture
def community(settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that watch one community and nothing that Apify collects."""
    monkeypatch.setenv("TOXWATCH_DATABASE_CLONE", server.address())
    settings.targets_file.write_text(COMMUNITY)
    return settings


def lines(settings: Settings, night: date, account: str = "clone/main") -> list[RawLine]:
    return list(read_file(raw_file(Lake(settings.data_dir), night, account), night))


def ids(settings: Settings, night: date) -> list[int]:
    return [line.item["row"]["id"] for line in lines(settings, night) if line.kind == "comment"]


def errors(settings: Settings, night: date, account: str = "clone/main") -> dict[str, str]:
    found = [line.item for line in lines(settings, night, account) if line.kind == "error"]
    return {item["error"]: item["errorDescription"] for item in found}


def test_a_comment_comes_in_our_columns_and_the_next_night_reads_only_new_ones(
    community: Settings, server: Server
) -> None:
    server.add(1, "What a picture 🌎", "2026-11-10 12:00:00.25")
    server.add(2, "Ça va?", "2026-11-10 13:00:00", user=2)
    scrape.run(community, NIGHT)
    [first, second] = [comment for line in lines(community, NIGHT) for comment in mapped_comments(line)]
    assert first == {
        "comment_id": "clone:1", "platform": "clone", "account": "main", "post_id": "clone:7", "parent_id": None,
        "author": "ann", "text": "What a picture 🌎", "has_media": False, "likes": None, "reply_count": None,
        "posted_at": datetime(2026, 11, 10, 12, 0, 0, 250_000, UTC), "mentions": [], "named": None,
    }  # fmt: skip
    assert (second["author"], second["text"]) == ("bob", "Ça va?")
    server.add(3, "again", "2026-11-11 12:00:00")
    for night in NIGHTS[1:3]:
        scrape.run(community, night)
    assert [ids(community, night) for night in NIGHTS[:3]] == [[1, 2], [3], []]
    scrape.run(community, NIGHT)  # a finished night stays as it is
    assert ids(community, NIGHT) == [1, 2]


def test_comments_of_the_same_time_are_each_read_once(
    community: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(communities, "PAGE", 2)
    community.targets_file.write_text(COMMUNITY + 'after = "created_at"\nmax_comments_per_night = 5\n')
    for id in (5, 3, 9, 1, 7, 2, 8):
        server.add(id, "at once", "2026-11-10 12:00:00.000001")
    server.run("INSERT INTO comments VALUES (4, 7, 1, 'without a time', NULL)")
    for night in NIGHTS[:3]:
        scrape.run(community, night)
    assert [ids(community, night) for night in NIGHTS[:3]] == [[1, 2, 3, 5, 7], [8, 9], []]


@pytest.mark.parametrize("after", ["id", "created_at"])
def test_what_was_committed_late_or_stamped_by_a_clock_behind_is_found_the_next_night(
    community: Settings, server: Server, after: str
) -> None:
    community.targets_file.write_text(COMMUNITY + f'after = "{after}"\n')
    for id in (10, 20, 30):
        server.add(id, "in time", f"2026-11-10 {id // 2}:00:00")
    scrape.run(community, NIGHT)
    server.add(15, "late", "2026-11-10 07:00:00")
    for night in NIGHTS[1:]:
        scrape.run(community, night)
    assert [ids(community, night) for night in NIGHTS] == [[10, 20, 30], [15], [], []]


def test_a_comment_from_the_future_waits_until_its_time_has_come(community: Settings, server: Server) -> None:
    ahead = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=2)
    server.add(1, "from a clock ahead", ahead.isoformat())
    server.add(2, "in time", "2026-11-10 12:00:00")
    for night in NIGHTS[:2]:
        scrape.run(community, night)
    server.run("UPDATE comments SET created_at = '2026-11-11 12:00:00' WHERE id = 1")
    for night in NIGHTS[2:]:
        scrape.run(community, night)
    assert [ids(community, night) for night in NIGHTS] == [[2], [], [1], []]


def test_a_time_without_a_zone_is_read_in_the_communitys(
    settings: Settings, mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    mariadb.start_anew()
    monkeypatch.setenv("TOXWATCH_DATABASE_CLONE", mariadb.address())
    settings.targets_file.write_text(COMMUNITY + 'timezone = "Europe/Berlin"\n')
    mariadb.add(1, "noon in Berlin", "2026-11-10 12:00:00")
    scrape.run(settings, NIGHT)
    [comment] = mapped_comments(lines(settings, NIGHT)[0])
    assert comment["posted_at"] == datetime(2026, 11, 10, 11, tzinfo=UTC)


def test_when_the_server_ends_the_connection_what_came_is_kept_and_the_rest_comes_next(
    community: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(communities, "PAGE", 2)
    for id in range(1, 8):
        server.add(id, "one of seven", "2026-11-10 12:00:00")
    read = communities.CommunityVisit._is_ahead

    def end_after_three(visit: communities.CommunityVisit, line: RawLine) -> bool:
        if line.item["row"]["id"] == 3:
            server.end_connections()
        return read(visit, line)

    with monkeypatch.context() as patch:
        patch.setattr(communities.CommunityVisit, "_is_ahead", end_after_three)
        scrape.run(community, NIGHT)
    assert ids(community, NIGHT) == [1, 2, 3, 4]
    assert "What came is kept" in errors(community, NIGHT)["unreachable"]
    scrape.run(community, NIGHTS[1])
    assert ids(community, NIGHTS[1]) == [5, 6, 7]


def test_an_interrupted_night_that_runs_again_is_completed(
    community: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(communities, "PAGE", 2)
    for id in range(1, 8):
        server.add(id, "one of seven", "2026-11-10 12:00:00")
    with monkeypatch.context() as patch:
        patch.setattr(communities.CommunityVisit, "_is_ahead", lambda *_: server.end_connections())
        scrape.run(community, NIGHT)
    assert ids(community, NIGHT) == [1, 2]
    for night in (NIGHT, *NIGHTS[1:]):
        scrape.run(community, night)
    assert [ids(community, night) for night in NIGHTS] == [[1, 2, 3, 4, 5, 6, 7], [], [], []]
    assert errors(community, NIGHT) == {}


def test_a_changed_table_is_named_and_the_night_is_completed_once_the_query_is_corrected(
    community: Settings, server: Server
) -> None:
    server.add(1, "kept", "2026-11-10 12:00:00")
    scrape.run(community, NIGHT)
    server.run("ALTER TABLE comments RENAME COLUMN comment_text TO body")
    server.add(2, "after the change", "2026-11-11 12:00:00")
    with pytest.raises(FailedService, match=r"comment_text.*correct query, after or columns in targets.toml"):
        scrape.run(community, NIGHTS[1])
    community.targets_file.write_text(COMMUNITY.replace("comment_text", "body"))
    scrape.run(community, NIGHTS[1])
    assert (ids(community, NIGHTS[1]), errors(community, NIGHTS[1])) == ([2], {})


def test_a_column_that_the_query_lacks_is_named(community: Settings) -> None:
    for more, told in {
        'after = "number"\n': "No column number",
        '[communities.columns]\nlikes = "hearts"\n': "No column hearts",
        '[communities.columns]\nheart = "id"\n': "columns: no heart; there are comment_id, post_id",
    }.items():
        community.targets_file.write_text(COMMUNITY + more)
        with pytest.raises(FailedService, match=told):
            scrape.run(community, NIGHT)
    community.targets_file.write_text(COMMUNITY.replace("comment_text", "comment_text AS t"))
    with pytest.raises(FailedService, match=r'No column for text: .* columns = \{ text = "…" \}'):
        scrape.run(community, NIGHT)


def test_a_wrong_password_stops_nobody_else_and_is_written_nowhere(
    community: Settings, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.add(1, "fine", "2026-11-10 12:00:00")
    monkeypatch.setenv("TOXWATCH_DATABASE_OTHER", server.address("wrong/wrong"))
    other = COMMUNITY.replace("main", "other").replace("_CLONE", "_OTHER")
    community.targets_file.write_text(other + COMMUNITY)
    scrape.run(community, NIGHT)
    assert ids(community, NIGHT) == [1]
    [told] = errors(community, NIGHT, "clone/other").items()
    assert told[0] == "wrong_password"
    assert "TOXWATCH_DATABASE_OTHER" in told[1]
    written = capsys.readouterr().out + str([line.item for line in lines(community, NIGHT, "clone/other")])
    assert "wrong/wrong" not in written
    assert PASSWORD not in written


def test_no_rights_no_driver_and_no_address_each_say_what_to_do(
    community: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> str:
        with pytest.raises(FailedService) as refusal:
            scrape.run(community, NIGHT)
        return str(refusal.value)

    server.run(f"REVOKE SELECT ON users FROM {server.reader}")
    assert "Grant reader SELECT on it" in told()
    driver = "pg8000" if server.kind == "postgresql" else "pymysql"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, driver, None)
        assert f"needs the package {driver}" in told()
    monkeypatch.setenv("TOXWATCH_DATABASE_CLONE", "mysql://127.0.0.1/community")
    assert "TOXWATCH_DATABASE_CLONE can't be read" in told()
    monkeypatch.setenv("TOXWATCH_DATABASE_CLONE", server.address().replace(str(server.port), "1"))
    assert "does not answer" in told()
    monkeypatch.delenv("TOXWATCH_DATABASE_CLONE")
    assert "TOXWATCH_DATABASE_CLONE is not set" in told()


def test_a_servers_clock_that_is_behind_is_told(
    settings: Settings, mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    mariadb.start_anew()
    monkeypatch.setenv("TOXWATCH_DATABASE_CLONE", mariadb.address())
    settings.targets_file.write_text(COMMUNITY)
    mariadb.add(1, "kept", "2026-11-10 12:00:00")
    mariadb.run("SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() - 7200'")
    try:
        scrape.run(settings, NIGHT)
    finally:
        mariadb.run("SET GLOBAL init_connect = ''")
    assert ids(settings, NIGHT) == [1]
    assert "is 120 minutes behind this machine's" in errors(settings, NIGHT)["clock_differs"]


def test_a_query_cannot_write(settings: Settings, postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.start_anew()
    postgres.run("CREATE SEQUENCE IF NOT EXISTS numbers")
    postgres.run("GRANT ALL ON numbers TO reader")
    monkeypatch.setenv("TOXWATCH_DATABASE_CLONE", postgres.address())
    settings.targets_file.write_text(COMMUNITY.replace("SELECT c.id", "SELECT nextval('numbers'), c.id"))
    postgres.add(1, "kept", "2026-11-10 12:00:00")
    with pytest.raises(FailedService, match="read-only transaction"):
        scrape.run(settings, NIGHT)


def test_a_community_is_planned_without_cost_and_needs_no_token(community: Settings, server: Server) -> None:
    [entry] = plan(community, NIGHT)
    assert (entry.account, entry.expected_usd, entry.needed_usd, entry.is_too_dear) == ("clone/main", 0, 0, False)
    told = {finding.check: finding for finding in doctor.examine(community)}
    assert (told["communities"].is_good, told["communities"].message) == (True, "clone/main can be read")
    assert told["token"].message == "not needed: no account is collected by Apify"
    server.run("DROP TABLE comments")
    told = {finding.check: finding for finding in doctor.examine(community)}
    assert not told["communities"].is_good


def test_an_address_in_the_file_is_refused_without_repeating_it(tmp_path: Path) -> None:
    file = tmp_path / "targets.toml"
    file.write_text(COMMUNITY.replace("TOXWATCH_DATABASE_CLONE", "mysql://reader:secretsecret@host/db"))
    with pytest.raises(BadInput) as refusal:
        read_targets(file)
    assert "write the name of the variable that holds the address" in str(refusal.value)
    assert "secretsecret" not in str(refusal.value)
    file.write_text(COMMUNITY + 'timezone = "Berlin"\n')
    with pytest.raises(BadInput, match="line 7: timezone: write a time zone as Europe/Berlin"):
        read_targets(file)
