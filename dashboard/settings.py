"""A file of settings that admins change in the browser and others by hand: comments are kept, and changes undone."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from dashboard.language import _
from dashboard.people import VISITOR, People
from dashboard.retelling import retold
from models.training.registry import Known
from warehouse.files import writing

MODE = 0o644  # of a new file
SAVING = threading.Lock()  # two pages may change one file


class SettingsError(ValueError):
    """A change that was not saved; the message says why, and what to do."""


@dataclass(frozen=True)
class Forecast:
    """What collecting will cost, in USD."""

    by_account: dict[str, float]
    month: float


@dataclass(frozen=True)
class Newcomer:
    """What is known of an account before it is watched, for free."""

    account: str
    exists: str  # yes, no, untold (by its platform, without payment), or unanswered
    first_usd: float  # of its first night
    later_usd: float
    needed_usd: float  # the smallest budget with which its runs start
    budget_usd: float
    is_list_price: bool


@dataclass(frozen=True)
class EditedFile:
    """A file that people edit. Where they have none of their own yet, the one that comes with the project is read."""

    key: str  # in ids on its page
    place: Callable[[], Path]  # where it is read
    own: Callable[[], Path]  # where it is written
    mistake_in: Callable[[Path], str | None]  # what is wrong with such a file, None if nothing is


@dataclass(frozen=True)
class Progress:
    """How far a night is."""

    night: date
    is_running: bool  # started in the browser, and not ended
    done: dict[str, int]  # finished stages → rows they handed on
    error: str | None


@dataclass(frozen=True)
class Switch:
    """How far another model is with past comments; it takes over when it has scored all of them."""

    is_running: bool  # started in the browser, and not ended
    scored: int  # nights
    nights: int
    error: str | None


@dataclass(frozen=True)
class Models:
    """Those that score comments, and the way back to one that did before."""

    card: Callable[[], dict[str, Any]]  # of the one in use
    known: Callable[[], list[Known]]
    put_back: Callable[[str], None]  # a version is champion again
    start_switch: Callable[[], None]  # to the champion
    switch: Callable[[str], Switch]


@dataclass(frozen=True)
class Administration:
    """What admins change in the browser, and what the command line does for them."""

    targets: EditedFile
    look_up: Callable[[list[dict[str, Any]]], list[Newcomer]]  # raises SettingsError for what is no account
    forecast: Callable[[], Forecast | None]
    policies: EditedFile
    apply_policies: Callable[[], str | None]  # to all past comments; returns why it could not
    alerts: EditedFile
    channels: Callable[[], str]  # a sentence on how alerts go out
    send_test: Callable[[], str]  # sends one at once, and says so
    is_somebody_told: Callable[[], bool]
    needs_token: Callable[[], bool]  # unless only communities are watched
    has_token: Callable[[], bool]
    has_accounts: Callable[[], bool]
    has_mail: Callable[[], bool]
    send_view: Callable[[int], str]  # of a subscription, at once, and says so
    start_night: Callable[[], None]
    progress: Callable[[], Progress]  # of last night
    models: Models


class SettingsFile:
    def __init__(self, edited: EditedFile, people: People, write_down: Callable[[str], None] = lambda _: None) -> None:
        self.key, self._place, self._own, self._mistake_in = edited.key, edited.place, edited.own, edited.mistake_in
        self._people = people
        self._write_down = write_down

    @property
    def name(self) -> str:
        return self._place().name

    def text(self) -> str:
        try:
            return self._place().read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise SettingsError(_("{file} can't be read: {reason}.", file=self.name, reason=why)) from None

    def version(self) -> str:
        return _version(self.text())

    def content(self) -> tomlkit.TOMLDocument:
        """What the file says, perhaps nothing yet; raises SettingsError while somebody's mistake is in it."""
        text = self.text()
        if _says_something(text) and (mistake := self._mistake_in(self._place())):
            raise SettingsError(self._mistaken(mistake))
        return tomlkit.parse(text)

    @contextmanager
    def changed(self, version: str, did: str) -> Iterator[tomlkit.TOMLDocument]:
        """Yields the file's content to be changed, and saves it if it is as it was read and has no mistake then."""
        _require_admin()
        with SAVING:
            before = self.text()
            if _version(before) != version:
                advice = _("Nothing of yours was saved. Reload the page, then try again.")
                raise SettingsError(f"{self._who_changed()} {advice}")
            try:
                document = tomlkit.parse(before)
            except TOMLKitError as error:
                raise SettingsError(self._mistaken(str(error))) from None
            yield document
            after = tomlkit.dumps(document)
            self._save(after)
            self._people.remember_change(self.name, VISITOR.get().name, did, before, after)
        self._write_down(f"{did} in {self.name}")

    def last_change(self) -> tuple[str, str, str] | None:
        """When the last change here was made, by whom, and what; None if the file was changed by hand since."""
        last = self._people.last_change(self.name)
        return (last.at, last.who, last.did) if last and last.after == self.text() else None

    def undo(self) -> str:
        """Takes the last change back and returns what it was."""
        _require_admin()
        with SAVING:
            last = self._people.last_change(self.name)
            if last is None or last.after != self.text():
                unknown = _("{file} was changed by hand since, so there is nothing to undo.", file=self.name)
                raise SettingsError(unknown)
            self._save(last.before)
            self._people.forget_change(last.id)
        self._write_down(f"took back in {self.name}: {last.did}")
        return last.did

    def _who_changed(self) -> str:
        if last := self.last_change():
            return _("{person} changed {file} since you opened this page ({change}).", person=last[1], file=self.name,
                     change=last[2])  # fmt: skip
        return _("{file} was changed by hand since you opened this page.", file=self.name)

    def _mistaken(self, mistake: str) -> str:
        return _("{file} has a mistake; correct it on the server: {mistake}", file=self.name, mistake=retold(mistake))

    def _save(self, text: str) -> None:
        try:
            mode = self._place().stat().st_mode & 0o777 if self._place().exists() else MODE
            with writing(self._own()) as draft:
                draft.write_text(text, encoding="utf-8")
                draft.chmod(mode)
                if _says_something(text) and (mistake := self._mistake_in(draft)):
                    raise SettingsError(_("Not saved. {reason}", reason=retold(_without_place(mistake, draft))))
        except OSError as error:
            why = _(
                "{file} can't be written: {reason}. Change it on the server.", file=self.name, reason=error.strerror
            )
            raise SettingsError(why) from None


def _require_admin() -> None:
    if not VISITOR.get().may("settings"):
        raise SettingsError(_("Only admins who see all accounts can change settings."))


def _says_something(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _without_place(mistake: str, draft: Path) -> str:
    return re.sub(rf"^{re.escape(str(draft))}(, line \d+)?: ", "", mistake, flags=re.MULTILINE)
