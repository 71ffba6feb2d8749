"""The models that score comments here: the champion, those that were it before, and the way back to one of them."""

from pathlib import Path

from jobs.config.settings import SHIPPED, Settings
from models.card import read_card
from models.training.registry import Known, Registry


def known(settings: Settings) -> list[Known]:
    """All that were trained or promoted here, the newest first, then the one that came with Toxwatch."""
    place, card = settings.data_dir / "models", read_card(SHIPPED)
    registered = Registry(place).models() if Registry.exists(place) else []
    if any(one.version == card["version"] for one in registered):
        return registered
    is_champion = not any(one.is_champion for one in registered)
    return [*registered, Known(card["version"], SHIPPED, card["validation_auc"], is_champion=is_champion)]


def put_back(settings: Settings, version: str) -> Path:
    """Promotes a model that was champion before, or the one that came with Toxwatch. `rescore` switches to it."""
    registry = Registry(settings.data_dir / "models")
    return registry.promote(SHIPPED) if version == read_card(SHIPPED)["version"] else registry.put_back(version)
