"""Figures: always with alt text, in HTML that needs nothing else, in colours that everyone can tell apart."""

from __future__ import annotations

import base64
import html
import io
import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import figures
from helpers.figures import COLORS, CYCLE, NAMES, TRAIN, VALIDATION, Picture, png, show, smaller, subplots

SANITIZE = Path(__file__).parent / "nbval_sanitize.cfg"


def line_figure(height: float = 3.6):
    fig, ax = subplots(width=6.4, height=height)
    ax.plot(np.arange(10) ** 2, label="squares")
    ax.set(xlabel="number", ylabel="square", title="Squares")
    ax.legend()
    return fig


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list:
    shown: list = []
    monkeypatch.setattr("IPython.display.display", lambda *what, **options: shown.extend(what))
    return shown


@pytest.mark.parametrize("alt", ["", "   ", "\n\t"])
def test_no_figure_without_alt_text(alt: str, displayed: list) -> None:
    with pytest.raises(ValueError, match="alt is empty"):
        show(line_figure(), alt=alt)
    assert displayed == []


@pytest.mark.parametrize("alt", [None, 3, b"text"])
def test_alt_text_is_text(alt: object) -> None:
    with pytest.raises(TypeError, match="alt must be a sentence"):
        show(line_figure(), alt=alt)  # type: ignore[arg-type]


def test_axes_instead_of_the_figure() -> None:
    with pytest.raises(TypeError, match=r"show\(fig, alt"):
        show(subplots()[1], alt="Axes.")


def test_show_displays_html_and_text(displayed: list) -> None:
    show(line_figure(), alt="  The squares\n grow. ")
    (picture,) = displayed
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}  # a bare image/png would store the picture twice
    assert bundle["text/plain"] == "The squares grow."
    assert re.fullmatch(r'<img alt="The squares grow." width="640" height="360" [^<>]*>', bundle["text/html"])


def test_alt_text_cannot_break_out_of_the_html() -> None:
    alt = 'w < 0, "loss" > 1 & rising'
    tag = Picture(png(line_figure()), alt, width=640).html()
    assert tag.count("<") == tag.count(">") == 1
    assert html.unescape(re.search('alt="([^"]*)"', tag).group(1)) == alt  # type: ignore[union-attr]


def test_the_picture_is_sharp_and_small() -> None:
    tag = Picture(png(line_figure()), "Squares.", width=640).html()
    data = base64.b64decode(re.search('base64,([^"]+)', tag).group(1))  # type: ignore[union-attr]
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (1280, 720)
    assert len(data) < 60_000


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert png(line_figure()) == png(line_figure())


def test_a_smaller_picture_looks_the_same() -> None:
    file = io.BytesIO()
    line_figure().savefig(file, format="png", dpi=200)
    full = Picture(file.getvalue(), "Squares.", width=640)
    small = smaller(full)
    assert len(small.data) < 0.8 * len(full.data)
    assert (small.alt, small.width, small.height) == (full.alt, full.width, full.height)
    pixels = [np.asarray(Image.open(io.BytesIO(p.data)).convert("RGB"), dtype=float) for p in (full, small)]
    assert np.abs(pixels[0] - pixels[1]).mean() < 0.5


def test_something_else_than_a_png_is_no_picture() -> None:
    with pytest.raises(ValueError, match="PNG"):
        Picture(b"GIF89a", "A cat.", width=100)


@pytest.mark.parametrize("size", [{"width": 640}, {"height": 0}, {"width": -1}, {"height": float("nan")}])
def test_sizes_are_in_inches(size: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="inches"):
        subplots(**size)  # type: ignore[arg-type]


def test_subplots_gives_axes_as_matplotlib_does() -> None:
    fig, axes = subplots(nrows=2, ncols=3, sharex=True, width=8, height=5)
    assert axes.shape == (2, 3)
    assert tuple(fig.get_size_inches()) == (8, 5)
    assert fig.get_facecolor()[:3] == (1, 1, 1)


def test_importing_helpers_stays_light_and_no_figure_needs_pyplot() -> None:
    code = (
        "import sys, helpers, helpers.figures, helpers.explore\n"
        "heavy = {'matplotlib', 'torch', 'sklearn', 'scipy', 'IPython', 'ipywidgets', 'anywidget', 'PIL'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "fig, ax = helpers.figures.subplots()\n"
        "helpers.figures.show(fig, alt='Empty axes.')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout) == (0, "Empty axes.\n"), result.stderr


# What a reader sees who lacks one kind of cone: Viénot, Brettel and Mollon (1999) for protan and deutan;
# on linear RGB.
COLOUR_VISION = {
    "all three cones": np.eye(3),
    "protanopia": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    "deuteranopia": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
}


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    light, dark = sorted((linear(c) @ (0.2126, 0.7152, 0.0722) for c in (first, second)), reverse=True)
    return float((light + 0.05) / (dark + 0.05))


@pytest.mark.parametrize("vision", COLOUR_VISION)
def test_the_first_colours_stay_apart_for_every_reader(vision: str) -> None:
    seen = {colour: np.cbrt((COLOUR_VISION[vision] @ linear(colour)).clip(0, 1)) for colour in CYCLE[:5]}
    for first, second in itertools.combinations(seen, 2):
        distance = float(np.linalg.norm(seen[first] - seen[second]))
        assert distance > 0.1, f"{first} and {second} look alike ({distance:.2f}) under {vision}"


@pytest.mark.parametrize("vision", COLOUR_VISION)
def test_training_and_validation_stay_apart_from_each_other_and_from_every_class(vision: str) -> None:
    assert TRAIN["linestyle"] != VALIDATION["linestyle"]
    colours = (TRAIN["color"], VALIDATION["color"], *CYCLE[:3])  # classes, in most pictures
    seen = [np.cbrt((COLOUR_VISION[vision] @ linear(colour)).clip(0, 1)) for colour in colours]
    for first, second in itertools.combinations(range(len(seen)), 2):
        distance = float(np.linalg.norm(seen[first] - seen[second]))
        assert distance > 0.1, f"{colours[first]}, {colours[second]}: {distance:.2f} under {vision}"
    assert contrast(VALIDATION["color"], COLORS["card"]) > 4.5


def test_text_and_lines_stand_out_from_the_card() -> None:
    assert contrast(COLORS["ink"], COLORS["card"]) > 12
    assert contrast(COLORS["grey"], COLORS["card"]) > 4.5
    for colour in CYCLE[:4]:
        assert contrast(colour, COLORS["card"]) > 2.95, colour
    for colour in CYCLE:
        assert contrast(NAMES.get(colour, colour), COLORS["card"]) > 4.5, colour


def test_nbval_forgives_other_pixels_but_not_another_alt_text() -> None:
    plugin = pytest.importorskip("nbval.plugin")
    patterns = plugin.get_sanitize_patterns(SANITIZE.read_text())
    assert patterns

    def sanitized(alt: str, shade: int) -> str:
        text = Picture(png_of(shade), alt, width=10).html()
        for regex, replacement in dict(patterns).items():
            text = re.sub(regex, replacement, text)
        return text

    assert sanitized("A grey square.", 100) == sanitized("A grey square.", 101)
    assert sanitized("A grey square.", 100) != sanitized("A square.", 100)


def png_of(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (10, 10), shade).save(file, format="PNG")
    return file.getvalue()


def test_the_palette_is_named_and_the_cycle_made_of_it() -> None:
    assert set(CYCLE) <= set(COLORS.values())
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) or colour == "#222222" for colour in COLORS.values())
    assert figures.RC["axes.facecolor"] == COLORS["card"]
