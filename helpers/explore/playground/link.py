"""Settings as a short text that can be sent to somebody, and back."""

from __future__ import annotations

from typing import Any

from helpers.explore.playground.settings import NAMES, Settings

START = Settings()


def as_text(settings: Settings) -> str:
    """What differs from the usual settings, as a text.

    >>> as_text(Settings(data="spiral", lr=0.03, features=("x1", "x2", "x1·x2")))
    'data=spiral, features=x1+x2+x1·x2, lr=0.03'
    >>> as_text(Settings())
    'seed=1'
    """
    parts = [
        f"{name}={'+'.join(value) if name == 'features' else value}"
        for name in NAMES
        if (value := getattr(settings, name)) != getattr(START, name)
    ]
    return ", ".join(parts) or f"seed={START.seed}"


def from_text(text: str) -> dict[str, Any]:
    """The settings that such a text names, for `Settings().but(...)`.

    Raises ValueError that says what was not understood.

    >>> from_text("data=spiral, lr=0.03, features=x1+x2")
    {'data': 'spiral', 'lr': 0.03, 'features': ('x1', 'x2')}
    >>> from_text("lr=fast")
    Traceback (most recent call last):
    ...
    ValueError: lr is a number such as 0.3; the text says "fast".
    """
    found: dict[str, Any] = {}
    for part in filter(None, (one.strip() for one in text.strip().strip("'\"").split(","))):
        name, equals, value = (one.strip() for one in part.partition("="))
        if not equals or name not in NAMES:
            raise ValueError(
                f'"{part}" is not understood. A text is such as "data=spiral, lr=0.03", '
                f"with the names {', '.join(NAMES)}."
            )
        found[name] = read(name, value)
    return found


def read(name: str, value: str) -> Any:
    """The value of a setting, of the kind that it has at the start."""
    usual = getattr(START, name)
    if isinstance(usual, tuple):
        return tuple(one.strip() for one in value.split("+"))
    if isinstance(usual, bool):
        if value not in ("True", "False"):
            raise ValueError(f'{name} is True or False; the text says "{value}".')
        return value == "True"
    if isinstance(usual, str):
        return value
    try:
        return type(usual)(value)
    except ValueError:
        raise ValueError(f'{name} is a number such as {usual:g}; the text says "{value}".') from None
