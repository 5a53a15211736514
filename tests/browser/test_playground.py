"""The playground in a real JupyterLab: it plays, follows the sliders and stops, for eyes, ears and keys."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

from helpers.explore.browser import text_of
from tests.browser.notebook import Notebook, error_outputs, slider, words

pytestmark = pytest.mark.browser

CELLS = ("from helpers.explore.playground import playground", "playground()", "print(6 * 7)")
KERNEL = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
STATE = "() => ({...document.querySelector('.sb-playground').dataset})"


def notebook_with(folder: Path, cells: tuple[str, ...] = CELLS) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "playground.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def opened(open_notebook: Any, tmp_path: Path) -> tuple[Notebook, Any]:
    """The notebook after all its cells ran, and the cell with the playground."""
    notebook = open_notebook(notebook_with(tmp_path))
    notebook.run_all()
    assert error_outputs(notebook.cells()) == []
    return notebook, there(notebook)


def there(notebook: Notebook) -> Any:
    """The cell with the playground, once it shows a picture."""
    cell = notebook.show(1)
    until(notebook, lambda state: "picture" in state)
    return cell


def reads(cell: Any, label: str) -> str:
    """What is read out for a slider."""
    return str(slider(cell, label).get_attribute("aria-valuetext"))


def until(notebook: Notebook, good: Callable[[dict[str, str]], bool], limit: float = 20.0) -> dict[str, str]:
    """What the playground says of itself (step, picture, playing, resting), as soon as it is good."""
    deadline, state = time.monotonic() + limit, {}
    while time.monotonic() < deadline:
        if notebook.page.locator(".sb-playground").count():
            state = notebook.page.evaluate(STATE)
            if good(state):
                return state
        time.sleep(0.02)
    raise AssertionError(f"after {limit:g} s the playground is still at {state}")


def resting(step: int) -> Callable[[dict[str, str]], bool]:
    return lambda state: state.get("resting") == "true" and state["step"] == str(step)


def press(cell: Any, name: str) -> None:
    cell.get_by_role("button", name=name, exact=True).click()


def ink(notebook: Notebook) -> str:
    """All pixels of the canvas."""
    return str(notebook.page.evaluate("() => document.querySelector('.sb-canvas').toDataURL()"))


# What it does -----------------------------------------------------------------------------------------


def test_it_begins_at_step_0_and_all_that_moves_moves_the_picture(
    opened: tuple[Notebook, Any],
) -> None:
    notebook, cell = opened
    assert until(notebook, resting(0))
    assert cell.locator(".sb-counter").inner_text() == "step 0 · epoch 0"
    seen = [ink(notebook)]
    press(cell, "Step")
    until(notebook, resting(1))
    seen.append(ink(notebook))
    slider(cell, "learning rate").focus()
    picture = until(notebook, resting(1))["picture"]
    notebook.page.keyboard.press("ArrowRight")  # trains anew, in whole epochs
    until(notebook, lambda state: state["picture"] != picture and resting(8)(state))
    seen.append(ink(notebook))
    assert reads(cell, "learning rate") == "learning rate 0.5"
    press(cell, "Reset")
    until(notebook, resting(0))
    assert len(set(seen)) == 3
    assert cell.get_by_role("status").inner_text().startswith("Before the first step")
    assert cell.locator(".sb-still").is_hidden()  # the picture of the saved notebook


def test_it_plays_while_other_cells_run_and_stops_when_its_cell_runs_again(
    opened: tuple[Notebook, Any],
) -> None:
    notebook, cell = opened
    press(cell, "Play")
    begun = until(notebook, lambda state: int(state["step"]) > 0)
    assert words(notebook.run(2)).strip() == "42"
    cell = notebook.show(1)
    until(notebook, lambda state: int(state["step"]) > int(begun["step"]))
    press(cell, "Pause")
    stopped = until(notebook, lambda state: state["resting"] == "true")
    time.sleep(0.5)
    assert notebook.page.evaluate(STATE)["step"] == stopped["step"]
    press(cell, "Play")
    notebook.run(1)
    notebook.show(1)
    until(notebook, resting(0))


def test_it_pauses_when_its_page_is_closed(open_notebook: Any, tmp_path: Path, page: Any, lab: Any) -> None:
    impatient = "from helpers.explore.playground import playground, player; player.UNWATCHED = 3"
    notebook = open_notebook(notebook_with(tmp_path, (impatient, "playground()")))
    notebook.run_all()
    cell = there(notebook)
    press(cell, "Play")
    time.sleep(5)
    assert until(notebook, lambda state: state["playing"] == "true")  # watched, it plays on
    kernel = page.evaluate(KERNEL)
    page.close()
    time.sleep(6)  # UNWATCHED, and what was on its way
    earlier = last_activity(lab, kernel)
    time.sleep(2)
    assert last_activity(lab, kernel) == earlier


def last_activity(lab: Any, kernel: str) -> str:
    """When the kernel last said something."""
    with urllib.request.urlopen(f"{lab.url}/api/kernels/{kernel}?token={lab.token}", timeout=5) as answer:
        return str(json.load(answer)["last_activity"])


def test_after_a_reload_it_is_where_it_was(opened: tuple[Notebook, Any]) -> None:
    notebook, cell = opened
    press(cell, "Step")
    until(notebook, resting(1))
    notebook.page.evaluate("async () => { await window.jupyterapp.commands.execute('docmanager:save'); }")
    notebook.page.reload()
    again = Notebook(notebook.page)
    again.show(1)
    until(again, resting(1), limit=40)


def test_the_map_of_what_if_moves_the_sliders_and_the_code_follows(opened: tuple[Notebook, Any]) -> None:
    notebook, cell = opened
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(cell, "What if?")
    cell.get_by_role("button", name="learning rate 0.1, batch size 64").click()
    until(notebook, lambda state: reads(cell, "batch size") == "batch size 64")
    assert reads(cell, "learning rate") == "learning rate 0.1"
    press(cell, "Code")
    cell.locator(".sb-code", has_text="batch_size=64").wait_for()
    press(cell, "Copy the code")
    cell.get_by_role("button", name="Copied").wait_for()
    assert "batch_size=64" in notebook.page.evaluate("() => navigator.clipboard.readText()")
    link = cell.get_by_label("these settings as a text")
    assert link.input_value() == "data=moons; lr=0.1; batch_size=64"
    link.fill("data=circle; lr=0.05")
    press(cell, "Use this text")
    until(notebook, lambda state: cell.get_by_role("radio", name="circle").is_checked())
    assert reads(cell, "learning rate") == "learning rate 0.05"


def test_a_setting_that_is_refused_goes_back_and_says_why(opened: tuple[Notebook, Any]) -> None:
    notebook, cell = opened
    cell.get_by_role("button", name="Network").click()
    cell.get_by_label("batch norm").check()
    slider(cell, "batch size").focus()
    notebook.page.keyboard.press("Home")
    said = cell.get_by_role("status").filter(has_text="Batch norm needs at least 2 samples")
    said.wait_for(state="attached")
    until(notebook, lambda state: reads(cell, "batch size") == "batch size 16")
    assert "batch norm on" in cell.get_by_role("button", name="Network").inner_text()


# For everyone -----------------------------------------------------------------------------------------


def test_names_roles_and_values(opened: tuple[Notebook, Any]) -> None:
    _, cell = opened
    tree = cell.locator(".sb-playground").aria_snapshot()
    for line in (
        r'group "playground"',
        r'button "Play"',
        r'button "Step"',
        r'button "Reset"',
        r'combobox "trained from one picture to the next"',
        r'button "too high"',
        r'slider "learning rate"',
        r'slider "batch size"',
        r'radiogroup "data"',
        r'radio "moons" \[checked\]',
        r'button "fewer hidden layers"',
        r'button "input x1" \[pressed\]',
        r'button "layer 1, unit 1"',
        r'button "8 more units of layer 2"',
        r'img "What the network answers at each place of the plane',
        r'checkbox "show the held-out points" \[checked\]',
        r'img "loss: training [\d.]+, validation [\d.]+"',
        r'img "accuracy: training \d+ %, validation \d+ %"',
        r"status: \"?Before the first step",
        r'button "Data"',
        r'button "Weights and gradients"',
        r'button "Code"',
    ):
        assert re.search(line, tree), f"{line} is not in\n{tree}"
    unnamed = cell.locator(".sb-playground").evaluate(
        """root => [...root.querySelectorAll('button, select, input')].filter(one => !(one.textContent.trim()
           || one.ariaLabel || one.labels?.length)).map(one => one.outerHTML)"""
    )
    assert unnamed == []


def test_the_tab_key_goes_from_the_bar_on_and_folded_things_say_so(opened: tuple[Notebook, Any]) -> None:
    notebook, cell = opened
    cell.get_by_role("button", name="Play").focus()
    seen = []
    for _ in range(16):
        seen.append(
            notebook.page.evaluate(
                "() => document.activeElement.ariaLabel ?? document.activeElement.labels?.[0]?.innerText "
                "?? document.activeElement.innerText"
            ).strip()
        )
        notebook.page.keyboard.press("Tab")
    assert seen[:3] == ["Play", "Step", "Reset"]
    assert seen[7:10] == ["learning rate", "batch size", "moons"]
    assert "input x1" in seen
    code = cell.get_by_role("button", name="Code", exact=True)
    assert code.get_attribute("aria-expanded") == "false"
    code.press("Enter")
    assert code.get_attribute("aria-expanded") == "true"
    assert cell.get_by_role("region", name="Code").is_visible()


def test_jupyters_one_key_shortcuts_do_not_reach_it(opened: tuple[Notebook, Any]) -> None:
    notebook, cell = opened
    cell.get_by_role("button", name="Play").focus()
    for key in ("x", "b", "a", "m", "d", "d"):
        notebook.page.keyboard.press(key)
    slider(cell, "learning rate").focus()
    for key in ("x", "b", "a", "c", "v"):
        notebook.page.keyboard.press(key)
    cells = notebook.cells()
    assert [cell["cell_type"] for cell in cells] == ["code"] * 3
    assert "playground()" in cells[1]["source"]


def test_units_are_walked_by_arrows_shown_large_and_edited(
    opened: tuple[Notebook, Any],
) -> None:
    notebook, cell = opened
    before = ink(notebook)
    cell.get_by_role("button", name="input x1", exact=True).focus()
    notebook.page.keyboard.press("ArrowRight")
    assert notebook.page.evaluate("() => document.activeElement.ariaLabel") == "layer 1, unit 1"
    notebook.page.keyboard.press("ArrowDown")
    time.sleep(0.2)
    assert ink(notebook) != before  # the unit, large
    notebook.page.keyboard.press("Enter")
    dialog = cell.get_by_role("dialog", name="weights into layer 1, unit 2")
    picture = until(notebook, lambda state: True)["picture"]
    dialog.get_by_label("from x2").fill("3.5")
    until(notebook, lambda state: state["picture"] != picture)
    notebook.page.keyboard.press("Escape")
    assert dialog.is_hidden()
    assert notebook.page.evaluate("() => document.activeElement.ariaLabel") == "layer 1, unit 2"
    notebook.page.keyboard.press("Enter")
    assert dialog.get_by_label("from x2").input_value() == "3.5"
    notebook.page.keyboard.press("Escape")
    cell.get_by_role("button", name="8 more units of layer 1").click()
    assert cell.get_by_role("dialog", name="layer 1: 16 units").get_by_role("button").count() == 17


def test_targets_are_large_enough(opened: tuple[Notebook, Any]) -> None:
    _, cell = opened
    for name in ("Data", "Network", "Training", "Code"):
        cell.get_by_role("button", name=name).first.click()
    small = cell.locator(".sb-playground").evaluate(
        """root => [...root.querySelectorAll('button, select, input, label.sb-key')].filter(one => {
            if (one.tagName === 'INPUT' && one.closest('label.sb-key')) return false; // but its label
            const box = one.getBoundingClientRect();
            return box.width && Math.min(box.width, box.height) < 24;
        }).map(one => one.outerHTML.slice(0, 120))"""
    )
    assert small == []


FILES = "async () => { await jupyterapp.commands.execute('application:toggle-left-area'); }"
CUT = """root => ({ inside: root.scrollWidth, own: root.clientWidth,
    out: [...root.querySelectorAll('button, input, select')].map(one => [one.getBoundingClientRect(), one])
        .filter(([box]) => box.width && box.right > root.getBoundingClientRect().right + 1)
        .map(([, one]) => one.outerHTML) })"""
CONTRAST = """root => {
    const lines = c => c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const light = c => { const [r, g, b] = lines(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgb = (text) => { probe.clearRect(0, 0, 1, 1); probe.fillStyle = text; probe.fillRect(0, 0, 1, 1);
        return [...probe.getImageData(0, 0, 1, 1).data]; };
    const under = node => { for (; node; node = node.parentElement) {
        const colour = rgb(getComputedStyle(node).backgroundColor); if (colour[3] === 255) return colour; }
        return [255, 255, 255, 255]; };
    const ratio = (a, b) => { const [x, y] = [light(a.slice(0, 3)), light(b.slice(0, 3))];
        return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
    const words = [...root.querySelectorAll('button, label, span, p, output, select, pre, th')].filter(one =>
        one.offsetWidth && one.innerText?.trim() && !one.disabled && !one.closest('.sb-hidden'));
    const seen = one => ratio(rgb(getComputedStyle(one).color), under(one));
    const low = words.map(one => [seen(one), one.innerText.slice(0, 40)]);
    const style = getComputedStyle(root), card = under(root);
    const edges = ['edge', 'accent', 'ink', 'validation', 'warn'].map(name =>
        [ratio(rgb(style.getPropertyValue('--sb-' + name)), card), name]);
    const faintest = Number(style.getPropertyValue('--sb-faintest'));
    const faint = colour => colour.map((one, i) => faintest * one + (1 - faintest) * card[i]);
    const links = ['negative', 'positive'].map(name =>
        [ratio(faint(rgb(style.getPropertyValue('--sb-' + name))), card), name]);
    const below = (found, least) => found.filter(one => one[0] < least);
    return { words: below(low, 4.5), edges: below(edges, 3), links: below(links, 3), count: words.length };
}"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_words_and_lines_can_be_seen_in_both_themes(opened: tuple[Notebook, Any], theme: str) -> None:
    notebook, cell = opened
    before = ink(notebook)
    notebook.theme(theme)
    dark = theme == "JupyterLab Dark"
    notebook.page.wait_for_function("dark => document.body.dataset.jpThemeLight === String(!dark)", arg=dark)
    time.sleep(0.5)
    found = cell.locator(".sb-playground").evaluate(CONTRAST)
    assert found["count"] > 30
    assert (found["words"], found["edges"]) == ([], [])
    if dark:
        assert found["links"] == []
        until(notebook, lambda state: ink(notebook) != before)
        notebook.theme("JupyterLab Light")


@pytest.mark.parametrize("zoom", [1.5, 2.0])
def test_at_a_larger_zoom_everything_is_larger_and_nothing_is_cut(
    opened: tuple[Notebook, Any], zoom: float
) -> None:
    """A browser's zoom is a smaller page with more pixels for each of its own."""
    notebook, cell = opened
    high = cell.locator(".sb-track").first.bounding_box()["height"]
    notebook.page.set_viewport_size({"width": round(1280 / zoom), "height": round(900 / zoom)})
    notebook.page.evaluate(FILES)
    time.sleep(1)
    assert cell.locator(".sb-track").first.bounding_box()["height"] >= high  # in pixels of the page
    wide = cell.locator(".sb-playground").evaluate(CUT)
    assert wide["inside"] <= wide["own"] + 1
    assert wide["out"] == []
    parts = (".sb-bar", ".sb-tracks", ".sb-stage", ".sb-sentence")
    tops = [cell.locator(part).bounding_box()["y"] for part in parts]
    assert tops == sorted(tops)


TICKS = """input => {
    const shown = [...input.closest('.sb-track').querySelectorAll('.sb-ticks span')];
    const names = shown.filter(one => getComputedStyle(one).visibility === 'visible');
    const style = getComputedStyle(input);
    const ring = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth);
    return { boxes: names.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right, box.top]),
        ends: names[0] === shown[0] && names.at(-1) === shown.at(-1),
        ring: input.getBoundingClientRect().bottom + ring };
}"""


def test_names_of_ticks_are_apart_and_the_focus_ring_is_over_them(opened: tuple[Notebook, Any]) -> None:
    notebook, cell = opened
    notebook.page.evaluate(FILES)
    cell.get_by_role("button", name="Training").click()
    counts = []
    for width in (1280, 853, 640, 420):
        notebook.page.set_viewport_size({"width": width, "height": 900})
        time.sleep(0.5)
        for label in ("learning rate", "batch size", "L1 penalty"):
            slider(cell, label).focus()
            notebook.page.keyboard.press("Shift")  # a ring is shown to those who use keys
            found = slider(cell, label).evaluate(TICKS)
            boxes = found["boxes"]
            assert all(left[1] < right[0] for left, right in pairwise(boxes)), label
            assert found["ends"], label
            assert all(top >= found["ring"] for _, _, top in boxes), label
            counts.append(len(boxes))
    assert counts[:2] == [6, 9]
    assert min(counts) >= 2


WRITTEN = """() => {
    window.written = [];
    const fill = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        if (this.canvas.classList.contains('sb-canvas')) {
            const { width } = this.measureText(text);
            const left = x - width * ({ right: 1, center: 0.5 }[this.textAlign] ?? 0);
            window.written.push([text, left, left + width, y - 8, y]);
        }
        return fill.call(this, text, x, y);
    };
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        if (this.canvas.classList.contains('sb-canvas')) window.written = [];
        return clear.apply(this, box);
    };
}"""


def overlapping(written: list[tuple[str, float, float, float, float]]) -> list[tuple[str, str]]:
    """The words on the canvas that lie over one another."""
    return [
        (a[0], b[0])
        for i, a in enumerate(written)
        for b in written[:i]
        if a[1] < b[2] and b[1] < a[2] and a[3] < b[4] and b[3] < a[4]
    ]


def test_no_words_on_the_canvas_lie_over_one_another(opened: tuple[Notebook, Any]) -> None:
    """Where "training 55 %" ended, there was "chance 50 %"."""
    notebook, cell = opened
    notebook.page.evaluate(WRITTEN)
    found, seen = [], set()
    for data in ("moons", "digits", "xor", "line"):
        cell.get_by_role("radio", name=data).check(force=True)
        for _ in range(6):
            press(cell, "Step")
            time.sleep(0.3)
            written = notebook.page.evaluate("() => window.written")
            found += overlapping(written)
            seen |= {text for text, *_ in written}
    assert found == []
    assert {"chance 50 %", "chance 10 %", "always the mean", "100 %", "loss", "accuracy"} <= seen


def test_the_names_of_two_curves_are_apart_and_inside(page: Any) -> None:
    page.set_content("<p></p>")
    page.add_script_tag(content=text_of(".js", "playground/tools"))
    script = "ends => nameHeights(ends, 9, 78)"
    for first in range(0, 83, 3):
        for second in range(0, 83, 3):
            heights = page.evaluate(script, [first, second])
            assert abs(heights[0] - heights[1]) >= 14, (first, second)
            assert min(heights) >= 9, (first, second)
            assert max(heights) <= 78, (first, second)


def test_the_bar_stays_in_sight(opened: tuple[Notebook, Any]) -> None:
    notebook, cell = opened
    press(cell, "Code")
    cell.locator(".sb-code").scroll_into_view_if_needed()
    notebook.page.mouse.move(600, 600)
    notebook.page.mouse.wheel(0, 500)
    time.sleep(0.5)
    box = cell.get_by_role("button", name="Play").bounding_box()
    assert 0 <= box["y"] <= 300


def test_less_motion_is_one_picture_a_second(open_notebook: Any, tmp_path: Path, page: Any) -> None:
    page.emulate_media(reduced_motion="reduce")
    notebook = open_notebook(notebook_with(tmp_path))
    notebook.run_all()
    cell = there(notebook)
    press(cell, "Play")
    first = until(notebook, lambda state: int(state["step"]) > 0)
    time.sleep(3)
    last = notebook.page.evaluate(STATE)
    assert 1 <= int(last["picture"]) - int(first["picture"]) <= 4
    assert int(last["step"]) - int(first["step"]) >= 8 * 30  # the training is no slower


def test_in_notebook_7_arrows_move_the_slider(lab: Any, page: Any, tmp_path: Path) -> None:
    name = lab.copy(notebook_with(tmp_path))
    page.goto(f"{lab.url}/notebooks/{name}?token={lab.token}")
    notebook = Notebook(page)
    notebook.run_all()
    cell = page.locator(".jp-Cell", has=page.locator(".sb-playground"))
    until(notebook, resting(0))
    slider(cell, "learning rate").focus()
    page.keyboard.press("ArrowRight")
    until(
        notebook,
        lambda state: reads(cell, "learning rate") == "learning rate 0.5",
    )
    for key in ("x", "b"):
        page.keyboard.press(key)
    assert page.locator(".jp-Cell").count() == 3
