"""Sends the views that people subscribed to, each once for its period; what failed is tried again next time."""

from datetime import date
from functools import partial

from dashboard.people import VISITOR, People, Visitor
from dashboard.subscriptions import Period, Subscription, Subscriptions, letter, owner_of, so_far
from dashboard.view import Answers
from jobs.alerts import mail
from jobs.alerts.rules import read_rules
from jobs.ask.pdf import print_page
from jobs.config.settings import Settings
from jobs.errors import BadInput, FailedService
from jobs.lake.nights import Lake
from warehouse.reader import Warehouse


def send_due(settings: Settings, night: date | None = None) -> int:
    """Up to the newest night, or this one; returns how many were sent, and raises FailedService if one was not."""
    subscriptions, people, failed, sent = _of(settings), People.in_folder(settings.data_dir), [], 0
    with Lake.of(settings).lock("subscriptions", wait=True):
        for one, period in list(subscriptions.due(night or _answers(settings).newest())):
            owner = owner_of(one, people)
            if owner is None:
                continue
            try:
                _send(settings, one, period, owner)
            except (mail.Undelivered, FailedService) as error:
                failed.append(f"{one.email}: {error}")
            else:
                subscriptions.mark_sent(one, period)
                sent += 1
    if failed:
        raise FailedService(f"Not sent to {'; '.join(failed)}. The next `toxwatch subscriptions` tries again.")
    return sent


def send_now(settings: Settings, id: int) -> str:
    """Sends one as it would be today, and says so."""
    one = next((one for one in _of(settings).all() if one.id == id), None)
    owner = owner_of(one, People.in_folder(settings.data_dir)) if one else None
    if one is None or owner is None:
        raise BadInput("There is no such subscription any more.")
    try:
        _send(settings, one, so_far(one.every, _answers(settings).newest()), owner)
    except mail.Undelivered as error:
        raise FailedService(f"Not sent: {error}.") from None
    return f"Sent to {one.email}."


def _send(settings: Settings, one: Subscription, period: Period, owner: Visitor) -> None:
    server = mail.check_address(settings.smtp_url)
    root = read_rules(settings.alerts_file).send.dashboard.rstrip("/")
    print_pdf = partial(print_page, settings.chromium) if settings.chromium else None
    sent = letter(one, period, owner, _answers(settings), root, print_pdf)
    mail.send(server, [sent.to], sent.subject, sent.text, (sent.file_name, sent.content))


def _of(settings: Settings) -> Subscriptions:
    return Subscriptions.in_folder(settings.data_dir)


def _answers(settings: Settings) -> Answers:
    return Answers(Warehouse(settings.data_dir / "warehouse"), lambda: VISITOR.get().part)
