"""Who may look at what: people with a password, programs with a key, and what they did. A SQLite file."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from warehouse import WHOLE, Part
from warehouse.sqlite import SqliteFile

SCOPES = {
    "predict": ("/predict", "/v1alpha1/comments:analyze", "/$discovery/rest"),
    "figures": ("/accounts", "/trends", "/metrics"),
    "read": ("/accounts", "/trends", "/metrics", "/comments"),
}  # what a program may be allowed → addresses
SHORTEST_PASSWORD = 10
ROLES: dict[str, set[str]] = {
    "viewer": set(),
    "moderator": {"review"},
    "admin": {"review", "audit"},
}  # what they may besides looking
LOOPBACK = ("127.0.0.1", "localhost", "::1")
COST = {"n": 2**14, "r": 8, "p": 1}  # of scrypt: 16 MB a guess


@dataclass(frozen=True)
class Visitor:
    """Who asks; where there is no login, whoever sits here."""

    name: str = "local"
    role: str = "admin"
    part: Part = WHOLE

    def may(self, what: str) -> bool:
        return self.part.texts if what == "texts" else what in ROLES[self.role]


LOCAL = Visitor()
VISITOR: ContextVar[Visitor] = ContextVar("visitor", default=LOCAL)


class PeopleError(ValueError):
    """A name, password or key that cannot be; says what to do."""


class People(SqliteFile):
    def __init__(self, file: Path) -> None:
        super().__init__(file, Path(__file__).parent / "sql" / "people.sql")
        for table, column, default in (("users", "role", "'moderator'"), ("users", "tags", "''"),
                                       ("users", "texts", "1"), ("keys", "tags", "''")):  # fmt: skip
            if column not in [found[1] for found in self.query(f"PRAGMA table_info({table})")]:  # of before
                self.query(f"ALTER TABLE {table} ADD COLUMN {column} NOT NULL DEFAULT {default}")

    @classmethod
    def in_folder(cls, data_dir: Path) -> "People":
        return cls(data_dir / "people.db")

    def have_login(self, host: str) -> bool:
        """Whether they must sign in; refuses an address that others can reach while there is nobody to sign in."""
        if not (has_users := bool(self.names())) and host not in LOOPBACK:
            raise PeopleError(f"{host} can be reached by others: add a user first, with `toxwatch user add NAME`.")
        return has_users

    def names(self) -> list[str]:
        return [name for (name,) in self.query("SELECT name FROM users ORDER BY name")]

    def add(self, name: str, password: str, role: str = "moderator", part: Part = WHOLE) -> None:
        """A new person, or a new password for one, which ends their sessions."""
        if role not in ROLES:
            raise PeopleError(f"{role} is no role; there are {', '.join(ROLES)}.")
        if "review" in ROLES[role] and not part.texts:
            raise PeopleError(f"A {role} reads comments: who sees figures only is a viewer.")
        if not name.strip():
            raise PeopleError("A user needs a name.")
        if len(password) < SHORTEST_PASSWORD:
            raise PeopleError(f"The password needs {SHORTEST_PASSWORD} characters or more.")
        salt = secrets.token_bytes(16)
        self.query(
            "INSERT OR REPLACE INTO users (name, salt, password, role, tags, texts) VALUES (?, ?, ?, ?, ?, ?)",
            *(name, salt, _hashed(password, salt), role, _joined(part.tags), part.texts),
        )

    def visitor(self, name: str) -> Visitor:
        ((role, tags, texts),) = self.query("SELECT role, tags, texts FROM users WHERE name = ?", name)
        return Visitor(name, role, Part(_split(tags), bool(texts)))

    def remove(self, name: str) -> None:
        if name not in self.names():
            raise PeopleError(f"There is no user {name!r}; there are: {', '.join(self.names()) or 'none'}.")
        self.query("DELETE FROM users WHERE name = ?", name)

    def is_right(self, name: str, password: str) -> bool:
        """Takes as long for a name that nobody has."""
        rows = self.query("SELECT salt, password FROM users WHERE name = ?", name) or [(b"nobody", b"")]
        return hmac.compare_digest(_hashed(password, rows[0][0]), rows[0][1])

    def stamp(self, name: str) -> str:
        """Changes with the password, is "" without the person: a session with another stamp is over."""
        rows = self.query("SELECT password FROM users WHERE name = ?", name)
        return hashlib.sha256(rows[0][0]).hexdigest()[:16] if rows else ""

    def add_key(self, name: str, scopes: list[str], tags: Sequence[str] = ()) -> str:
        """A key for a program, which is shown once and kept as a hash."""
        if unknown := set(scopes) - SCOPES.keys():
            raise PeopleError(f"{', '.join(sorted(unknown))} is no scope; there are {', '.join(SCOPES)}.")
        key = f"tw_{secrets.token_urlsafe(32)}"
        self.query(
            "INSERT OR REPLACE INTO keys (name, hash, scopes, tags) VALUES (?, ?, ?, ?)",
            *(name, _fingerprint(key), " ".join(scopes), _joined(tags)),
        )
        return key

    def remove_key(self, name: str) -> None:
        self.query("DELETE FROM keys WHERE name = ?", name)

    def owner(self, key: str) -> tuple[Visitor, list[str]] | None:
        """Whose key it is and what it opens."""
        for name, scopes, tags in self.query("SELECT name, scopes, tags FROM keys WHERE hash = ?", _fingerprint(key)):
            return Visitor(f"key {name}", "viewer", Part(_split(tags))), scopes.split()
        return None

    def secret(self) -> str:
        """What sessions are signed with: made once."""
        self.query("INSERT OR IGNORE INTO secrets VALUES ('sessions', ?)", secrets.token_hex(32))
        return str(self.query("SELECT value FROM secrets WHERE name = 'sessions'")[0][0])

    def note(self, who: str, did: str) -> None:
        self.query("INSERT INTO audit (who, did) VALUES (?, ?)", who, did)

    def audit(self) -> list[tuple[str, str, str]]:
        return self.query("SELECT at, who, did FROM audit ORDER BY rowid DESC LIMIT 1000")

    def visitors(self) -> list[Visitor]:
        return [self.visitor(name) for name in self.names()]


def _joined(tags: Sequence[str]) -> str:
    return "\n".join(tags)


def _split(tags: str) -> tuple[str, ...]:
    return tuple(sorted(tags.splitlines()))


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **COST)


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
