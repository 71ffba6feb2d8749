"""Who has access to what, users with passwords and programs with keys, and a record of what they did. In SQLite."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dashboard.language import _
from warehouse import WHOLE, Part
from warehouse.sqlite import SqliteFile
from warehouse.untrusted import printable

FIGURES = ("/accounts", "/trends", "/spam", "/metrics", "/attacks")
SCOPES = {
    "predict": ("/predict", "/v1alpha1/comments:analyze", "/$discovery/rest"),
    "figures": FIGURES,
    "read": (*FIGURES, "/crowds", "/comments", "/themes", "/inbox", "/views"),
    "settings": ("/settings",),
}  # scope of a key → paths
LONGEST_NAME, SHORTEST_PASSWORD = 100, 10
SESSION_SECONDS = 12 * 3600
INVITATION_DAYS, WELCOME = 3, "/welcome"  # how long a link works, and its path
ROLES: dict[str, set[str]] = {
    "viewer": set(),
    "moderator": {"review", "share"},
    "admin": {"review", "share", "audit", "settings"},
}  # role → permissions beyond viewing
LOOPBACK = ("127.0.0.1", "localhost", "::1")
COST = {"n": 2**14, "r": 8, "p": 1}  # scrypt: 16 MB per guess


@dataclass(frozen=True)
class Visitor:
    """Who sent the request; without a login, whoever uses this computer."""

    name: str = "local"
    role: str = "admin"
    part: Part = WHOLE
    language: str = field(default="", compare=False)  # that they chose

    @property
    def sees_all(self) -> bool:
        return not self.part.tags

    def may(self, permission: str) -> bool:
        if permission == "settings" and self.part != WHOLE:
            return False
        return self.part.texts if permission == "texts" else permission in ROLES[self.role]


LOCAL = Visitor()
VISITOR: ContextVar[Visitor] = ContextVar("visitor", default=LOCAL)


class Change(NamedTuple):
    """A change of a file of settings: its text before and after."""

    id: int
    at: str
    who: str
    did: str
    before: str
    after: str


class PeopleError(ValueError):
    """An invalid name, password or key; the message says what to do."""


class People(SqliteFile):
    def __init__(self, file: Path) -> None:
        super().__init__(file, Path(__file__).parent / "sql" / "people.sql")
        for table, column, default in (("users", "role", "'moderator'"), ("users", "tags", "''"),
                                       ("users", "texts", "1"), ("keys", "tags", "''"),
                                       ("users", "language", "''")):  # fmt: skip
            if column not in [info[1] for info in self.query(f"PRAGMA table_info({table})")]:  # from an older release
                self.query(f"ALTER TABLE {table} ADD COLUMN {column} NOT NULL DEFAULT {default}")

    @classmethod
    def in_folder(cls, data_dir: Path) -> "People":
        return cls(data_dir / "people.db")

    def exist(self) -> bool:
        return bool(self.query("SELECT 1 FROM users LIMIT 1"))

    def have_login(self, host: str) -> bool:
        """Whether a login is required; refuses to serve others while there are no users."""
        if not (has_users := self.exist()) and host not in LOOPBACK:
            raise PeopleError(f"Others can reach {host}. Add a user first: toxwatch user add NAME")
        return has_users

    def names(self) -> list[str]:
        return [name for (name,) in self.query("SELECT name FROM users ORDER BY name")]

    def add(self, name: str, password: str, role: str = "moderator", part: Part = WHOLE) -> None:
        """Adds a user or changes their password, which ends their sessions."""
        _check(name, role, part)
        if len(password) < SHORTEST_PASSWORD:
            raise PeopleError(_("The password needs at least {number} characters.", number=SHORTEST_PASSWORD))
        salt = secrets.token_bytes(16)
        user = (name, salt, _hashed(password, salt), role, _joined(part.tags), part.texts)
        with self._open() as database, database:
            database.execute("DELETE FROM sessions WHERE name = ?", [name])
            database.execute(
                "INSERT INTO users (name, salt, password, role, tags, texts) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET salt = excluded.salt, password = excluded.password, "
                "role = excluded.role, tags = excluded.tags, texts = excluded.texts",
                user,
            )

    def invite(self, name: str, role: str, part: Part) -> str:
        """Returns a token with which they choose a password, once; an earlier one of theirs is worth nothing then."""
        _check(name, role, part)
        token, ends = secrets.token_urlsafe(32), time.time() + INVITATION_DAYS * 24 * 3600
        self.query("DELETE FROM invitations WHERE name = ? OR ends < ?", name, time.time())
        self.query(
            "INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?)",
            *(_fingerprint(token), name, role, _joined(part.tags), part.texts, ends),
        )
        return token

    def invited(self, token: str) -> str | None:
        """Who may choose a password with it, None if it has been used or has expired."""
        rows = self.query("SELECT name FROM invitations WHERE token = ? AND ends > ?", _fingerprint(token), time.time())
        return rows[0][0] if rows else None

    def accept(self, token: str, password: str) -> bool:
        """Whether they could: not if the invitation has been used or has expired."""
        for name, role, tags, texts in self.query(
            "SELECT name, role, tags, texts FROM invitations WHERE token = ? AND ends > ?",
            *(_fingerprint(token), time.time()),
        ):
            self.add(name, password, role, Part(_split(tags), bool(texts)))
            self.query("DELETE FROM invitations WHERE name = ?", name)
            return True
        return False

    def admit(self, name: str) -> Visitor | None:
        """Who a proxy says has signed in: somebody known or invited, who needs no password then."""
        for role, tags, texts in self.query(
            "SELECT role, tags, texts FROM invitations WHERE name = ? AND ends > ?", name, time.time()
        ):
            self.add(name, secrets.token_urlsafe(32), role, Part(_split(tags), bool(texts)))
            self.query("DELETE FROM invitations WHERE name = ?", name)
        return self.known(name)

    def remove(self, name: str) -> None:
        if name not in self.names():
            users = ", ".join(self.names()) or _("none")
            raise PeopleError(_("No user {name}. Users: {users}.", name=repr(name), users=users))
        with self._open() as database, database:
            for table in ("sessions", "invitations", "users"):
                database.execute(f"DELETE FROM {table} WHERE name = ?", [name])

    def sign_in(self, name: str, password: str) -> str | None:
        """Starts a session and returns its token, None for a wrong password; takes equally long for an unknown name."""
        rows = self.query("SELECT salt, password FROM users WHERE name = ?", name) or [(b"nobody", b"")]
        if not hmac.compare_digest(_hashed(password, rows[0][0]), rows[0][1]):
            return None
        token, now = secrets.token_urlsafe(32), time.time()
        self.query("DELETE FROM sessions WHERE ends < ?", now)
        self.query(  # not if the user was removed, or the password changed, in this moment
            "INSERT INTO sessions SELECT ?, name, ? FROM users WHERE name = ? AND password = ?",
            *(_fingerprint(token), now + SESSION_SECONDS, name, rows[0][1]),
        )
        return token

    def begin_session(self, name: str) -> str:
        """Of somebody whom a provider vouches for; returns its token."""
        token, now = secrets.token_urlsafe(32), time.time()
        self.query("DELETE FROM sessions WHERE ends < ?", now)
        self.query(
            "INSERT INTO sessions SELECT ?, name, ? FROM users WHERE name = ?",
            *(_fingerprint(token), now + SESSION_SECONDS, name),
        )
        return token

    def signed_in(self, token: str) -> Visitor | None:
        """Whose session it is, None once it has ended."""
        for name, role, tags, texts, language in self.query(
            "SELECT name, role, tags, texts, language FROM sessions JOIN users USING (name) "
            "WHERE token = ? AND ends > ?",
            *(_fingerprint(token), time.time()),
        ):
            return Visitor(name, role, Part(_split(tags), bool(texts)), language)
        return None

    def choose_language(self, name: str, language: str) -> None:
        self.query("UPDATE users SET language = ? WHERE name = ?", language, name)

    def sign_out(self, token: str) -> None:
        self.query("DELETE FROM sessions WHERE token = ?", _fingerprint(token))

    def add_key(self, name: str, scopes: list[str], tags: Sequence[str] = ()) -> str:
        """Adds a key for a program and returns it; only its hash is stored."""
        if unknown := set(scopes) - SCOPES.keys():
            names = ", ".join(sorted(unknown))
            raise PeopleError(_("Unknown scope {names}. Choose {scopes}.", names=names, scopes=one_of(SCOPES)))
        key = f"tw_{secrets.token_urlsafe(32)}"
        self.query(
            "INSERT OR REPLACE INTO keys (name, hash, scopes, tags) VALUES (?, ?, ?, ?)",
            *(name, _fingerprint(key), " ".join(scopes), _joined(tags)),
        )
        return key

    def remove_key(self, name: str) -> None:
        self.query("DELETE FROM keys WHERE name = ?", name)

    def programs(self) -> list[tuple[str, list[str], tuple[str, ...]]]:
        """Name, scopes and tags of each key."""
        rows = self.query("SELECT name, scopes, tags FROM keys ORDER BY name")
        return [(name, scopes.split(), _split(tags)) for name, scopes, tags in rows]

    def owner(self, key: str) -> tuple[Visitor, list[str]] | None:
        """The program the key belongs to, and its scopes."""
        for name, scopes, tags in self.query("SELECT name, scopes, tags FROM keys WHERE hash = ?", _fingerprint(key)):
            role = "admin" if "settings" in scopes.split() else "viewer"
            return Visitor(f"key {name}", role, Part(_split(tags))), scopes.split()
        return None

    def note(self, who: str, did: str) -> None:
        self.query("INSERT INTO audit (who, did) VALUES (?, ?)", printable(who)[:LONGEST_NAME], printable(did))

    def audit(self) -> list[tuple[str, str, str]]:
        return self.query("SELECT at, who, did FROM audit ORDER BY rowid DESC LIMIT 1000")

    def remember_change(self, file: str, who: str, did: str, before: str, after: str) -> None:
        self.query(
            "INSERT INTO changes (file, who, did, before, after) VALUES (?, ?, ?, ?, ?)", file, who, did, before, after
        )

    def last_change(self, file: str) -> Change | None:
        rows = self.query(
            "SELECT id, at, who, did, before, after FROM changes WHERE file = ? ORDER BY id DESC LIMIT 1", file
        )
        return Change(*rows[0]) if rows else None

    def forget_change(self, id: int) -> None:
        self.query("DELETE FROM changes WHERE id = ?", id)

    def known(self, name: str) -> Visitor | None:
        """Who has this name now; without a login, whoever uses this computer."""
        if not self.exist():
            return LOCAL if name == LOCAL.name else None
        return next((one for one in self.visitors() if one.name == name), None)

    def visitors(self) -> list[Visitor]:
        rows = self.query("SELECT name, role, tags, texts, language FROM users ORDER BY name")
        return [
            Visitor(name, role, Part(_split(tags), bool(texts)), language) for name, role, tags, texts, language in rows
        ]


def one_of(names: Iterable[str]) -> str:
    """ "viewer, moderator or admin" """
    *most, last = names
    return _("{most} or {last}", most=", ".join(most), last=last) if most else last


def _check(name: str, role: str, part: Part) -> None:
    if role not in ROLES:
        raise PeopleError(_("Unknown role {role}. Choose {roles}.", role=repr(role), roles=one_of(ROLES)))
    if "review" in ROLES[role] and not part.texts:
        raise PeopleError(_("A {role} reads comments. To show someone statistics only, make them a viewer.", role=role))
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise PeopleError(_("Give the user a name: it needs 1 to {number} printable characters.", number=LONGEST_NAME))


def _joined(tags: Sequence[str]) -> str:
    return "\n".join(tags)


def _split(tags: str) -> tuple[str, ...]:
    return tuple(sorted(tags.splitlines()))


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **COST)


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
