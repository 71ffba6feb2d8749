"""The two actors of an account: its platform's, or their replacements in targets.toml."""

from dataclasses import replace

from jobs.config.targets import Account, Targets
from jobs.platforms import COLLECTED, platform
from jobs.platforms.actor import Actor


def actors_of(account: Account, targets: Targets) -> tuple[Actor, Actor]:
    """For posts and for comments."""
    module = platform(account.platform)
    others = {one.name: one for one in getattr(module, "OTHER_COMMENTS", ())}
    comments = targets.actor(account.platform, "comments")
    return (
        _named(module.POSTS, targets.actor(account.platform, "posts")),
        others.get(comments or "") or _named(module.COMMENTS, comments),
    )


def setting_of(actor: str) -> str | None:
    """The setting under [actors] that replaces one of the actors we know."""
    modules = {name: platform(name) for name in COLLECTED}
    steps = {f"{name}_posts": module.POSTS for name, module in modules.items()}
    steps |= {f"{name}_comments": module.COMMENTS for name, module in modules.items()}
    return next((setting for setting, known in steps.items() if known.name == actor), None)


def _named(actor: Actor, name: str | None) -> Actor:
    return replace(actor, name=name) if name else actor
