"""What admins do in the browser, done as the command line does it.

What does it is imported when it is asked for, so that the server starts faster.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.language import _
from dashboard.retelling import retold
from dashboard.settings import (
    Administration,
    EditedFile,
    Forecast,
    Models,
    Newcomer,
    Progress,
    SettingsError,
    Switch,
)
from dashboard.wording import listed
from jobs.commands.options import night_of
from jobs.config.settings import Settings, own_file
from jobs.errors import BadInput, ToxwatchError
from models.card import read_card
from warehouse import WarehouseError
from warehouse.policies import read_policies

if TYPE_CHECKING:
    from jobs.alerts.rules import Rules
    from jobs.config.targets import Targets
    from models.training.registry import Known


def administration(data_dir: Path | None) -> Administration:
    """Over the files that the settings name when they are asked for."""

    from jobs.schedule.by_hand import ByHand, finished

    def forecast() -> Forecast | None:
        from jobs.collect.plan import month_usd, plan

        settings = Settings.load(data_dir)
        try:
            entries, targets = plan(settings, night_of(None)), targets_in(settings.targets_file)
        except BadInput:
            return None
        return Forecast({entry.account: entry.expected_usd for entry in entries}, month_usd(entries, targets))

    def apply_policies() -> str | None:
        from jobs import publish

        try:
            publish.apply(Settings.load(data_dir))
        except (ToxwatchError, WarehouseError) as error:
            return retold(str(error))
        return None

    night = ByHand(data_dir, "nightly")

    def progress() -> Progress:
        day = night_of(None)
        return Progress(day, night.is_running, finished(Settings.load(data_dir), day), night.error())

    return Administration(
        targets=edited("targets", lambda: Settings.load(data_dir).targets_file, targets_in, is_made=True),
        look_up=lambda found: _look_up(Settings.load(data_dir), found),
        forecast=forecast,
        policies=edited("policies", lambda: Settings.load(data_dir).policies_file, read_policies),
        apply_policies=apply_policies,
        alerts=edited("alerts", lambda: Settings.load(data_dir).alerts_file, rules_in),
        channels=lambda: _or_error(lambda: _channels(Settings.load(data_dir))),
        send_test=lambda: _or_error(lambda: _send_test(Settings.load(data_dir))),
        is_somebody_told=lambda: _is_somebody_or_error(Settings.load(data_dir)),
        needs_token=lambda: _needs_token(Settings.load(data_dir)),
        has_mail=lambda: Settings.load(data_dir).smtp_url is not None,
        send_view=lambda id: _or_error(lambda: _send_view(Settings.load(data_dir), id)),
        has_token=lambda: Settings.load(data_dir).apify_token is not None,
        has_accounts=lambda: _has_accounts(Settings.load(data_dir)),
        start_night=lambda: night.start("--night", str(night_of(None))),
        progress=progress,
        models=_models(data_dir),
    )


def _look_up(settings: Settings, found: list[dict[str, Any]]) -> list[Newcomer]:
    from pydantic import ValidationError

    from jobs.collect.newcomers import look_up
    from jobs.config.targets import Account

    try:
        accounts = [Account.model_validate(one) for one in found]
    except ValidationError as error:
        first = error.errors()[0]
        reason = retold(first["msg"].removeprefix("Value error, ").replace("Input should be", "must be"))
        raise SettingsError(_("Not saved. {reason}", reason=f"{first['loc'][-1]}: {reason}")) from None
    return [
        Newcomer(
            one.account.name,
            one.exists,
            one.plan.expected_usd,
            one.plan.later_usd,
            one.plan.needed_usd,
            one.plan.budget_usd,
            one.is_list_price,
        )
        for one in look_up(settings, night_of(None), accounts)
    ]


def _models(data_dir: Path | None) -> Models:
    from jobs.schedule.by_hand import ByHand

    rescoring = ByHand(data_dir, "rescore")

    def known() -> "list[Known]":
        from jobs.upkeep import champions

        return champions.known(Settings.load(data_dir))

    def put_back(version: str) -> None:
        from jobs.upkeep import champions

        champions.put_back(Settings.load(data_dir), version)

    def switch(version: str) -> Switch:
        from jobs.upkeep import rescore

        settings = Settings.load(data_dir)
        done, nights = rescore.scored(settings, version)
        return Switch(rescoring.is_running, len(done), len(nights), rescoring.error())

    return Models(lambda: read_card(Settings.load(data_dir).model_dir), known, put_back, rescoring.start, switch)


def targets_in(file: Path) -> "Targets":
    from jobs.config.targets import read_targets

    return read_targets(file)


def rules_in(file: Path) -> "Rules":
    from jobs.alerts.rules import read_rules

    return read_rules(file)


def _send_test(settings: Settings) -> str:
    from jobs.alerts import rules

    return retold(rules.send_test(settings, datetime.now(UTC).date()))


def _send_view(settings: Settings, id: int) -> str:
    from jobs.commands import subscriptions

    return retold(subscriptions.send_now(settings, id))


def _or_error(action: Callable[[], str]) -> str:
    try:
        return action()
    except ToxwatchError as error:
        return retold(str(error))


def _has_accounts(settings: Settings) -> bool:
    try:
        return bool(targets_in(settings.targets_file).collected)
    except BadInput:
        return False


def _needs_token(settings: Settings) -> bool:
    try:
        return bool(targets_in(settings.targets_file).accounts)
    except BadInput:
        return True


def _is_somebody_or_error(settings: Settings) -> bool:
    try:
        return bool(_names_of_channels(settings))
    except BadInput:
        return False


def _names_of_channels(settings: Settings) -> list[str]:
    from jobs.alerts.channels import channels

    return [channel.name for channel in channels(settings, rules_in(settings.alerts_file).send.email)]


def _channels(settings: Settings) -> str:
    if names := _names_of_channels(settings):
        return _("Alerts go out by {channels}.", channels=listed(names))
    return _(
        "Nobody is told yet. Add an e-mail address here; for mail, Slack or a webhook, whoever runs the server sets "
        "TOXWATCH_SMTP_URL, TOXWATCH_SLACK_URL or TOXWATCH_WEBHOOK_URL."
    )


def edited(key: str, place: Callable[[], Path], read: Callable[[Path], object], is_made: bool = False) -> EditedFile:
    """`is_made`: the file in use is people's own, whatever its name."""
    return EditedFile(key, place, place if is_made else lambda: own_file(f"{key}.toml"), mistake_by(read))


def mistake_by(read: Callable[[Path], object]) -> Callable[[Path], str | None]:
    """What is wrong with a file that is read like this, None if nothing is."""

    def mistake(file: Path) -> str | None:
        try:
            read(file)
        except (BadInput, WarehouseError) as error:
            return str(error)
        return None

    return mistake
