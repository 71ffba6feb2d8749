"""A file of settings that admins change in the browser and others by hand: comments are kept, and changes undone."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from dashboard.people import VISITOR, People
from warehouse.files import writing


class SettingsError(ValueError):
    """A change that was not saved; the message says why, and what to do."""


@dataclass(frozen=True)
class Forecast:
    """What collecting will cost, in USD."""

    by_account: dict[str, float]
    month: float


@dataclass(frozen=True)
class Collecting:
    """The file that says what is collected; what is wrong with such a file, None if nothing is; and the costs."""

    file: Callable[[], Path]
    mistake_in: Callable[[Path], str | None]
    forecast: Callable[[], Forecast | None]


class SettingsFile:
    """`mistake_in` says what is wrong with a file, None if nothing is."""

    def __init__(self, place: Callable[[], Path], mistake_in: Callable[[Path], str | None], people: People) -> None:
        self._place, self._mistake_in, self._people, self._lock = place, mistake_in, people, threading.Lock()

    @property
    def name(self) -> str:
        return self._place().name

    def text(self) -> str:
        try:
            return self._place().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{self.name} can't be read: {getattr(error, 'strerror', None) or error}.") from None

    def version(self) -> str:
        return _version(self.text())

    def content(self) -> tomlkit.TOMLDocument:
        """What the file says; raises SettingsError while somebody's mistake is in it."""
        if mistake := self._mistake_in(self._place()):
            raise SettingsError(f"{self.name} has a mistake; correct it on the server: {mistake}")
        return tomlkit.parse(self.text())

    @contextmanager
    def changed(self, version: str, did: str) -> Iterator[tomlkit.TOMLDocument]:
        """Yields the file's content to be changed, and saves it if it is as it was read and has no mistake then."""
        with self._lock:
            before = self.text()
            if _version(before) != version:
                raise SettingsError(
                    f"{self._who_changed()} Nothing of yours was saved. Reload the page, then try again."
                )
            try:
                document = tomlkit.parse(before)
            except TOMLKitError as error:
                raise SettingsError(f"{self.name} has a mistake; correct it on the server: {error}") from None
            yield document
            after = tomlkit.dumps(document)
            self._save(after)
            self._people.remember_change(self.name, VISITOR.get().name, did, before, after)

    def last_change(self) -> tuple[str, str, str] | None:
        """When the last change here was made, by whom, and what; None if the file was changed by hand since."""
        last = self._people.last_change(self.name)
        return (last.at, last.who, last.did) if last and last.after == self.text() else None

    def undo(self) -> str:
        """Takes the last change back and returns what it was."""
        with self._lock:
            last = self._people.last_change(self.name)
            if last is None or last.after != self.text():
                raise SettingsError(f"{self.name} was changed by hand since, so there is nothing to undo.")
            self._save(last.before)
            self._people.forget_change(last.id)
            return last.did

    def _who_changed(self) -> str:
        if last := self.last_change():
            return f"{last[1]} changed {self.name} since you opened this page ({last[2]})."
        return f"{self.name} was changed by hand since you opened this page."

    def _save(self, text: str) -> None:
        place = self._place()
        try:
            with writing(place) as draft:
                draft.write_text(text, encoding="utf-8")
                draft.chmod(place.stat().st_mode & 0o777)
                if mistake := self._mistake_in(draft):
                    raise SettingsError(f"Not saved. {_without_place(mistake, draft)}")
        except OSError as error:
            raise SettingsError(f"{self.name} can't be written: {error.strerror}. Change it on the server.") from None


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _without_place(mistake: str, draft: Path) -> str:
    return re.sub(rf"^{re.escape(str(draft))}(, line \d+)?: ", "", mistake, flags=re.MULTILINE)
