"""The widgets of the playground: one for each setting, the buttons, the map and the code."""

from __future__ import annotations

import math
import threading
from typing import Any, Protocol

from helpers.explore.playground import settings as choices
from helpers.explore.playground.player import SPEEDS, Player
from helpers.explore.playground.settings import Settings
from helpers.explore.playground.sweep import NUM_RATES, NUM_SIZES, WhatIf

COLUMN = {"width": "272px", "margin": "0 6px 0 0"}  # three stand side by side on a laptop
ROW = {"width": "268px"}
WIDE = {"width": "425px", "max_width": "100%"}
LABEL = {"description_width": "92px"}
HEARTBEAT = 2000
"""Milliseconds between two signs of life from the page."""
SHADES = ("#00224E", "#1F3A6D", "#414D6B", "#60626E", "#7C7B78", "#9A9475", "#BBAF6C", "#DDCB57", "#FDE945")
"""Cividis, from the lowest loss to the highest: also for colour-blind eyes, and in grey."""


class Listener(Protocol):
    """Who is told what a reader does with the controls; its methods are called from any thread."""

    player: Player

    def changed(self, name: str, value: Any) -> None:
        """A setting was moved."""

    def play(self, on: bool) -> None:
        """The play button was pressed."""

    def opened(self) -> None:
        """The map or the code was opened, or closed."""

    def go_to(self, found: WhatIf, row: int, column: int) -> None:
        """A cell of the map was chosen."""


class Controls:
    """`top` stands over the picture, `bottom` under it; `follow` moves every widget to some settings."""

    def __init__(self, settings: Settings) -> None:
        import ipywidgets

        self.w = ipywidgets
        self.by_name: dict[str, Any] = {}
        self.home: Listener | None = None
        self.map_of: Settings | None = None
        self._quiet = 0
        self.make_settings(settings)
        self.make_buttons()
        self.make_bottom()
        self.top = self.arrange()

    # Making ---------------------------------------------------------------------------------------

    def make_settings(self, now: Settings) -> None:
        w = self.w
        slide = self.slider
        self.choice("data", "data", choices.DATA, now)
        slide("noise", "noise", [round(0.05 * i, 2) for i in range(13)], now, "{:g}")
        slide("train_share", "training part", [round(0.1 * i, 1) for i in range(1, 10)], now, "{:.0%}")
        self.features = [
            w.ToggleButton(
                value=name in now.features,
                description=name,
                tooltip=f"Use {name} as an input",
                button_style="primary" if name in now.features else "",
                layout={"width": "auto", "margin": "1px", "padding": "0"},
            )
            for name in choices.FEATURES
        ]
        self.by_name["seed"] = w.BoundedIntText(
            value=now.seed, min=0, max=2**31 - 1, description="seed", style=LABEL, layout=ROW
        )
        slide("hidden_layers", "hidden layers", range(choices.MOST_LAYERS + 1), now, "{}")
        slide("units", "units in each", choices.UNITS, now, "{}")
        self.choice("activation", "activation", choices.ACTIVATIONS, now)
        self.choice("initialisation", "first weights", choices.INITIALISATIONS, now)
        slide("dropout", "dropout", [round(0.1 * i, 1) for i in range(9)], now, "{:g}")
        self.by_name["batch_norm"] = w.Checkbox(
            value=now.batch_norm, description="batch norm", style=LABEL, layout=ROW
        )
        self.choice("loss", "loss", choices.losses_for(now.data), now)
        self.choice("optimizer", "optimizer", choices.OPTIMIZERS, now)
        slide("l1", "L1 penalty", choices.PENALTIES, now, "{:g}")
        slide("l2", "L2 penalty", choices.PENALTIES, now, "{:g}")
        slide("lr", "learning rate", choices.LEARNING_RATES, now, "{:g}", WIDE)
        slide("batch_size", "batch size", choices.BATCH_SIZES, now, "{}", WIDE)

    def choice(self, name: str, label: str, values: Any, now: Settings) -> None:
        self.by_name[name] = self.w.Dropdown(
            options=list(values), value=getattr(now, name), description=label, style=LABEL, layout=ROW
        )

    def slider(
        self, name: str, label: str, values: Any, now: Settings, text: str, layout: Any = None
    ) -> None:
        self.by_name[name] = self.w.SelectionSlider(
            options=with_value([(text.format(value), value) for value in values], getattr(now, name), text),
            value=getattr(now, name),
            description=label,
            style=LABEL,
            layout=layout or ROW,
        )

    def make_buttons(self) -> None:
        w, small = self.w, {"width": "92px"}
        self.play = w.ToggleButton(
            description="Play",
            icon="play",
            tooltip="Train and watch",
            layout=small,
            button_style="primary",
        )
        self.step = w.Button(
            description="Step", icon="step-forward", tooltip="One step: one batch", layout=small
        )
        self.reset = w.Button(
            description="Reset", icon="undo", tooltip="Back to the first weights", layout=small
        )
        narrow = {"width": "235px"}
        self.speed = w.Dropdown(
            options=list(SPEEDS),
            value="1 epoch",
            description="each picture",
            tooltip="How much is trained from one picture to the next",
            layout=narrow,
            style={"description_width": "85px"},
        )
        self.panel = w.Dropdown(
            options=["weights", "gradients"],
            description="show",
            layout={"width": "165px"},
            style={"description_width": "45px"},
        )
        self.pulse = w.Play(interval=HEARTBEAT, min=0, max=10**9, layout={"display": "none"})

    def make_bottom(self) -> None:
        w = self.w
        self.code = w.Textarea(
            layout={"width": "850px", "max_width": "100%"}, continuous_update=False, rows=24
        )
        hint = w.HTML("Click into the code, press Ctrl+A and Ctrl+C, and paste it into a new cell.")
        self.map_box = w.VBox([w.HTML("")])
        self.code_box = w.VBox([hint, self.code])
        self.cells: list[list[Any]] = []
        folded = {"width": "auto", "padding": "0 14px"}
        self.map_button = w.ToggleButton(
            description="What if? Other learning rates and batch sizes", icon="th", layout=folded
        )
        self.code_button = w.ToggleButton(description="Copy as code", icon="code", layout=folded)
        self.map_box.layout.display = self.code_box.layout.display = "none"
        self.bottom = w.VBox(
            [w.HBox([self.map_button, self.code_button]), self.map_box, self.code_box],
            layout={"max_width": "880px"},
        )

    def make_map(self) -> None:
        """54 buttons, made when they are first needed."""
        w = self.w
        small = {"width": "auto", "height": "26px", "margin": "1px", "padding": "0"}
        layout = w.Layout(**small)
        self.styles = [
            w.ButtonStyle(button_color=shade, text_color="#FFFFFF" if i < 4 else "#111111")
            for i, shade in enumerate(SHADES)
        ]
        self.styles.append(w.ButtonStyle(button_color="#D0D0D0", text_color="#111111"))
        self.cells = [[w.Button(layout=layout) for _ in range(NUM_RATES)] for _ in range(NUM_SIZES)]
        self.rate_names = [
            w.Label(layout={"margin": "1px", "justify_content": "center"}) for _ in range(NUM_RATES)
        ]
        right = {"margin": "1px 8px 1px 1px", "justify_content": "flex-end"}
        self.size_names = [w.Label(layout=right) for _ in range(NUM_SIZES)]
        rows = [w.Label("learning rate", layout=right), *self.rate_names]
        for name, cells in zip(self.size_names, self.cells, strict=True):
            rows += [name, *cells]
        grid = w.GridBox(
            rows, layout={"grid_template_columns": f"125px repeat({NUM_RATES}, minmax(52px, 1fr))"}
        )
        self.map_words = w.HTML("")
        self.map_box.children = [self.map_words, grid]
        for row, cells in enumerate(self.cells):
            for column, cell in enumerate(cells):
                cell.on_click(lambda button, at=(row, column): self.chosen(*at))

    def arrange(self) -> Any:
        w, get = self.w, self.by_name

        def column(title: str, *children: Any) -> Any:
            return w.VBox([w.HTML(f"<b>{title}</b>"), *children], layout=COLUMN)

        flow = {"display": "flex", "flex_flow": "row wrap"}
        names = w.GridBox(self.features, layout={"grid_template_columns": "repeat(4, 1fr)", "width": "268px"})
        columns = w.Box(
            [
                column("Data", get["data"], get["noise"], get["train_share"], w.Label("inputs"), names),
                column(
                    "Network",
                    *(get[n] for n in ("hidden_layers", "units", "activation", "initialisation")),
                    get["dropout"],
                    get["batch_norm"],
                ),
                column("Training", *(get[n] for n in ("loss", "optimizer", "l1", "l2", "seed"))),
            ],
            layout=flow,
        )
        heart = w.Box([get["lr"], get["batch_size"]], layout=flow)
        buttons = w.Box([self.play, self.step, self.reset, self.speed, self.panel, self.pulse], layout=flow)
        return w.VBox([columns, heart, buttons])

    # Connecting -----------------------------------------------------------------------------------

    def connect(self, home: Listener) -> None:
        """From now on tell `home` what is done."""
        self.home = home
        for name, widget in self.by_name.items():
            widget.observe(lambda change, name=name: self.moved(name, change["new"]), "value")
        for button in self.features:
            button.observe(lambda change: self.moved("features", self.chosen_features()), "value")
        self.play.observe(lambda change: self.pressed_play(change["new"]), "value")
        self.step.on_click(lambda button: home.player.step())
        self.reset.on_click(lambda button: home.player.reset())
        self.speed.observe(lambda change: home.player.look(speed=change["new"]), "value")
        self.panel.observe(lambda change: home.player.look(panel=change["new"]), "value")
        self.pulse.observe(lambda change: home.player.alive(), "value")
        self.map_button.observe(lambda change: self.opened(), "value")
        self.code_button.observe(lambda change: self.opened(), "value")

    def moved(self, name: str, value: Any) -> None:
        if self.home and self._quiet != threading.get_ident():
            self.home.changed(name, value)

    def pressed_play(self, on: bool) -> None:
        self.play.description, self.play.icon = ("Pause", "pause") if on else ("Play", "play")
        self.pulse.playing = on
        if self.home and self._quiet != threading.get_ident():
            self.home.play(on)

    def opened(self) -> None:
        self.map_box.layout.display = None if self.map_is_open else "none"
        self.code_box.layout.display = None if self.code_is_open else "none"
        if self.home:
            self.home.opened()

    def chosen(self, row: int, column: int) -> None:
        if self.home and self.found:
            self.home.go_to(self.found, row, column)

    def chosen_features(self) -> tuple[str, ...]:
        return tuple(button.description for button in self.features if button.value)

    @property
    def map_is_open(self) -> bool:
        return bool(self.map_button.value)

    @property
    def code_is_open(self) -> bool:
        return bool(self.code_button.value)

    # Showing --------------------------------------------------------------------------------------

    found: WhatIf | None = None

    def follow(self, settings: Settings) -> None:
        """Move every widget to these settings, without telling anybody."""
        self._quiet = threading.get_ident()  # the reader's own moves come in another thread, or later
        try:
            fitting = choices.losses_for(settings.data)
            if tuple(self.by_name["loss"].options) != fitting:
                self.by_name["loss"].options = fitting
            for name, widget in self.by_name.items():
                value = getattr(settings, name)
                if widget.value != value:
                    if name in ("lr", "batch_size"):
                        widget.options = with_value(widget.options, value, "{:g}")
                    widget.value = value
            for button in self.features:
                button.value = button.description in settings.features
                button.button_style = "primary" if button.value else ""
                button.disabled = settings.regression and "x2" in button.description
        finally:
            self._quiet = 0

    def show_paused(self) -> None:
        """Put the play button back."""
        self._quiet = threading.get_ident()
        self.play.value = False
        self._quiet = 0

    def show_map(self, found: WhatIf) -> None:
        """Write the losses into the buttons."""
        if not self.cells:
            self.make_map()
        self.found, self.map_of = found, found.settings
        self.map_words.value = found.sentence()
        here = (found.settings.batch_size, found.settings.lr)
        for label, lr in zip(self.rate_names, found.learning_rates, strict=True):
            label.value = f"{lr:g}"
        levels = shade_levels(found)
        for row, size in enumerate(found.batch_sizes):
            self.size_names[row].value = f"batches of {size}"
            for column, lr in enumerate(found.learning_rates):
                loss, cell = float(found.losses[row, column]), self.cells[row][column]
                mark = "● " if (size, lr) == here else "★ " if found.done and (lr, size) == found.best else ""
                with cell.hold_sync():
                    cell.description = mark + short(loss)
                    cell.tooltip = f"learning rate {lr:g}, batch size {size}: validation loss {short(loss)}"
                    cell.style = self.styles[levels[row][column]]

    def close(self) -> None:
        """Take the widgets away."""
        self.home = None
        self.pulse.playing = False
        for widget in (self.top, self.bottom):
            widget.close()


def with_value(options: Any, value: Any, text: str) -> Any:
    """The options of a slider, and the value if it is not among them."""
    if any(one == value for _, one in options):
        return options
    return tuple(sorted([*options, (text.format(value), value)], key=lambda option: option[1]))


def short(loss: float) -> str:
    """A loss for a small cell.

    >>> short(0.28668), short(0.002), short(12.3456), short(float("nan")), short(1e9)
    ('0.287', '0.002', '12.3', '–', '> 999')
    """
    if math.isnan(loss):
        return "–"
    if loss >= 999.5:
        return "> 999"
    return f"{loss:.3f}" if loss < 10 else f"{loss:.3g}"


def shade_levels(found: WhatIf) -> list[list[int]]:
    """The number of the shade of each cell: by the logarithm, from the best to ten times the best."""
    import numpy as np

    losses = found.losses
    with np.errstate(all="ignore"):
        ratio = np.log(losses / np.nanmin(losses)) if np.isfinite(losses).any() else losses * np.nan
    last = len(SHADES) - 1
    levels = np.where(
        np.isnan(losses), last + 1, np.nan_to_num(ratio / np.log(10) * last, posinf=last).clip(0, last)
    )
    return levels.astype(int).tolist()
