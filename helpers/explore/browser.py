"""What explorers show themselves with in a browser: one anywidget class, JavaScript and CSS from files.

There is no build step: `parts.js` has what all explorers share, and stands before the file of each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VIEW = "application/vnd.jupyter.widget-view+json"


def text_of(ending: str, *names: str) -> str:
    """The shared part and these files one after the other, as one module or style sheet.

    >>> text_of(".css", "sliders").startswith("/*")
    True
    """
    files = [(HERE / name).with_suffix(ending) for name in ("parts", *names)]
    files = [file for file in files if file.exists() or ending == ".js"]  # tools have no style of their own
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@cache
def widget_class(*names: str) -> type[Any]:
    """A class of widgets that show themselves with these files; ImportError where anywidget is missing."""
    from anywidget import AnyWidget

    files = {"_esm": text_of(".js", *names), "_css": text_of(".css", *names)}
    # AnyWidget finds its style sheet by the name of the class
    return type("_".join(names).replace("/", "_"), (AnyWidget,), files)


class Page:
    """A widget in the page, and what goes to it and comes from it; `heard(message)` is called in any thread.

    Raises ImportError where anywidget is missing.
    """

    def __init__(self, *names: str) -> None:
        self.widget = widget_class(*names)()

    def listen(self, heard: Callable[[dict[str, Any]], Any]) -> None:
        """From now on tell what the page says."""
        self.widget.on_msg(lambda widget, content, buffers: heard(content))

    def send(self, header: dict[str, Any], buffer: bytes = b"") -> None:
        """Tell the page something."""
        self.widget.send(header, [buffer] if buffer else None)

    def bundle(self, words: str) -> dict[str, Any]:
        """What is displayed: the widget, and words that stand in its place where there is no kernel."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"text/plain": words, VIEW: view}

    def close(self) -> None:
        """Take it away."""
        self.widget.close()
