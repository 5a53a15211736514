"""Building: every source becomes its notebook, is run in a fresh kernel, and keeps its outputs.

Everything is made in a temporary place and moved when all of it is right, so a build that stops leaves
the notebooks as they were; and an exercise that a learner has worked in is never overwritten.
"""

import asyncio
import re
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from course import files, predictions, sources
from course.copies import originals
from course.errors import CourseError
from course.exercises import as_text, generate, is_edited, released_by
from course.places import QUIET, ROOT, environment
from course.sources import Source
from course.watch import START, VARIABLE, Watch

LESSON_SECONDS = 20  # a lesson whose run takes longer is too long for its reader (as `course.watch` counts)
LONGER = {"20_large_model_quantization": 60}  # a real language model reads hundreds of texts
CELL_SECONDS = 600  # by then a cell hangs, on whatever machine
TIMED = "nbval-ignore-output"  # the tag of a cell whose output is a time
_IMAGE_TAG, _ALT = re.compile(r"<img\b[^>]*>"), re.compile(r'\balt="[^"]+"')
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

Report = Callable[[str], None]


def build(names: list[str], root: Path = ROOT, report: Report = print, *, new_pictures: bool = False) -> None:
    """Build the named notebooks (all, when none is named) and put them in their places.

    A picture is kept as it is stored where its cell, its alt text and what the cell prints are the same, as
    another processor draws it with other pixels; `new_pictures` draws all of them anew.
    Raises `CourseError` that says for each notebook what stopped it; those are left as they were.
    """
    chosen = sources.choose(names, root)
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="course-build-") as folder:
        there = Path(folder)
        read = dict(_each(chosen, sources.read, problems))
        with ThreadPoolExecutor(max_workers=2) as pool:
            runs = {
                source: pool.submit(run, source, notebook, new_pictures=new_pictures)
                for source, notebook in read.items()
            }
            made = dict(_each(runs, lambda source: runs[source].result(), problems, report))
        for source, notebook in made.items():
            write(notebook, there / source.built.relative_to(root))
        for source in made:
            try:
                if source.kind == "exercise":
                    generate(there, [source.name])
                problems += _place(source, there, root)
            except CourseError as error:
                problems.append(str(error))
    if problems:
        raise CourseError("\n".join(problems))


def _each(
    chosen: Iterable[Source],
    make: Callable[[Source], NotebookNode],
    problems: list[str],
    report: Report = lambda _: None,
) -> Iterable[tuple[Source, NotebookNode]]:
    """Make one thing of each source; what goes wrong is kept and the others go on."""
    for source in chosen:
        try:
            yield source, make(source)
            report(str(source))
        except CourseError as error:
            problems.append(str(error))


def run(source: Source, notebook: NotebookNode, *, new_pictures: bool = False) -> NotebookNode:
    """Run a notebook in a fresh kernel, in its own folder, and return it with its outputs.

    Raises `CourseError` for a cell that fails, a figure without alt text, and a run that is too long.
    """
    client = _client(source, notebook)
    with tempfile.TemporaryDirectory(prefix="course-watch-") as folder:
        watch = Watch(client, Path(folder) / "reference")
        _execute(source, notebook, client, {VARIABLE: str(watch.file)})
        seconds = watch.seconds()
    limit = LONGER.get(source.name.removesuffix("_heard"), LESSON_SECONDS)
    if source.kind == "lesson" and seconds > limit:
        raise CourseError(
            f"{source}: its run takes {seconds:.0f} s, as counted where the limit was set, "
            f"over {limit}. Use less data or fewer runs."
        )
    for problem in faults_in_outputs(source, notebook):
        raise CourseError(problem)
    notebook = _keep_stored(source, _cleaned(notebook), new_pictures=new_pictures)
    return predictions.hide(notebook)


def _execute(
    source: Source, notebook: NotebookNode, client: NotebookClient, variables: dict[str, str]
) -> None:
    """Run all cells. Raises `CourseError` that names the cell that failed."""
    variables = {"PYTHONHASHSEED": "0", "HELPERS_PROGRESS": "0", **variables}
    try:
        asyncio.run(client.async_execute(env=environment(variables)))
    except CellExecutionError as error:
        place = _failing_cell(source, notebook)
        raise CourseError(f"{place}: {error.ename}: {error.evalue}. Correct the cell.") from None
    except (CellTimeoutError, DeadKernelError) as error:
        place = _failing_cell(source, notebook)
        raise CourseError(f"{place}: {str(error).splitlines()[0]} Make the cell smaller.") from None


def _client(source: Source, notebook: NotebookNode) -> NotebookClient:
    """A client that runs the notebook where it will lie: what it shows may link from there."""
    folder = source.built.parent
    folder.mkdir(parents=True, exist_ok=True)
    return NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
        record_timing=False,
        shutdown_kernel="immediate",
        extra_arguments=[QUIET, f"--IPKernelApp.exec_lines={START}"],
    )


def _failing_cell(source: Source, notebook: NotebookNode) -> str:
    """Where a run stopped: the last cell that was started."""
    started = [
        number
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and (cell.execution_count or cell.outputs)
    ]
    number = started[-1] if started else 1
    text = source.path.read_text(encoding="utf-8")
    marker = [i for i, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]
    return f"{source}, cell {number} (line {marker[number - 1]})"


def faults_in_outputs(source: Source, notebook: NotebookNode) -> list[str]:
    """A sentence for each picture without alt text, each warning, and each guess that the text takes away."""
    problems = [
        f"{source}, cell {number}: a reader is to guess {' and '.join(numbers)}, which stands in the text "
        "under it. Fold that text (<details>)."
        for number, numbers in predictions.given_away(notebook)
    ]
    for number, cell in enumerate(notebook.cells, 1):
        if predictions.is_prediction(cell) and not predictions.shown(cell):
            problems.append(f"{source}, cell {number} puts nothing out to guess. Take its tag away.")
        for output in predictions.shown(cell):
            if output.get("name") == "stderr":
                said = output.text.strip().splitlines()[0]
                problems.append(f"{source}, cell {number} writes to standard error: {said} Correct the cell.")
            if _without_words(output.get("data", {})):
                advice = 'End the cell with show(fig, alt="what it shows").'
                problems.append(f"{source}, cell {number}: a figure without alt text. {advice}")
    return problems


def _without_words(data: dict[str, str]) -> bool:
    """Whether an output has a picture that a reader who does not see it learns nothing of."""
    html = data.get("text/html", "")
    bare = [tag for tag in _IMAGE_TAG.findall(html) if not _ALT.search(tag)]
    return bool(bare) or (any(kind.startswith("image/") for kind in data) and not _ALT.search(html))


def _cleaned(notebook: NotebookNode) -> NotebookNode:
    """Take out what is only good while the kernel lives, and what differs from machine to machine."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(_WIDGET_VIEW, None)
    return notebook


def _keep_stored(source: Source, notebook: NotebookNode, *, new_pictures: bool) -> NotebookNode:
    """Keep what may differ from one machine to the next, so that no two builds differ by it.

    A cell that times something has run and asserted its ratio, but shows the times of its first build. A
    picture stays where all the words around it do. A changed cell is shown anew.
    """
    present = _stored(source.built)
    before = {cell.get("id"): cell for cell in present.cells} if present else {}
    for cell in notebook.cells:
        old = before.get(cell.id)
        stored = old.get("outputs", []) if old and old.source == cell.source else []
        timed = TIMED in cell.metadata.get("tags", [])
        if stored and (timed or (not new_pictures and _words(stored) == _words(cell.get("outputs", [])))):
            cell.outputs = stored
    return notebook


def _words(outputs: list[NotebookNode]) -> list[object]:
    """What nbval compares of outputs, and the alt texts: all but the pixels of pictures."""
    found: list[object] = []
    for output in outputs:
        data = output.get("data", {})
        texts = {
            kind: predictions.without_pixels(text) if kind == "text/html" else text
            for kind, text in data.items()
            if not kind.startswith("image/")
        }
        found.append([output.output_type, output.get("name"), output.get("text"), texts])
    return found


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook so that the same notebook always gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(notebook)
    path.write_text(as_text(notebook), encoding="utf-8", newline="\n")


def _place(source: Source, made: Path, root: Path) -> list[str]:
    """Move a built notebook (and the exercise made of it) to its place; say what was left alone."""
    moves = [source.built]
    if source.kind == "exercise":
        if source.released.exists() and is_edited(source.released):
            return [
                f"exercises/{source.name} holds somebody's answers and was left as it is, with its solution. "
                "`course lab` takes them over into my_notebooks/."
            ]
        moves.append(source.released)
    for path in moves:
        _put(made / path.relative_to(root), path)
    return []


def _put(made: Path, path: Path) -> None:
    """Move a file to its place in one step.

    Raises `CourseError` where another program keeps the file open, which Windows does not allow.
    """
    try:
        files.write(path, made.read_bytes())
    except OSError as error:
        raise CourseError(
            f"{path.name} cannot be written ({error.strerror}). Close it where it is open, or make "
            "its folder writable, then try again."
        ) from None


def check(names: list[str], root: Path = ROOT) -> list[str]:
    """What differs between the notebooks and what their sources give, one sentence each.

    Cells, ids, metadata and the released exercises are compared; the outputs are compared by running the
    notebooks again, which is nbval's part.
    """
    problems: list[str] = []
    chosen = sources.choose(names, root)
    for source, expected in _each(chosen, sources.read, problems):
        problems += differences(source, expected)
    exercises = [source for source in chosen if source.kind == "exercise" and _stored(source.built)]
    with tempfile.TemporaryDirectory(prefix="course-check-") as folder:
        for source in exercises:
            made = released_by(source, Path(folder)).read_bytes()
            if not source.released.exists() or source.released.read_bytes() != made:
                problems.append(
                    f"exercises/{source.name} is not what solutions/{source.name} gives. Build it."
                )
    if not names:
        problems += _orphans(chosen, root)
    return problems


def differences(source: Source, expected: NotebookNode) -> list[str]:
    """What differs between a built notebook and what its source gives, cell by cell, one sentence each."""
    advice = f"Run `course build {source.name}`."
    where = source.built.relative_to(source.root).as_posix()
    if not source.built.exists():
        return [f"{where} is not built. {advice}"]
    notebook = _stored(source.built)
    if notebook is None:
        return [f"{where} is not a notebook that can be read. {advice}"]
    if len(notebook.cells) != len(expected.cells):
        return [f"{where} has {len(notebook.cells)} cells, its source gives {len(expected.cells)}. {advice}"]
    problems = faults_in_outputs(source, notebook)
    if notebook.metadata != expected.metadata:
        problems.append(f"{where}: its metadata are not those that a build gives. {advice}")
    count = 0
    for number, (got, want) in enumerate(zip(notebook.cells, expected.cells, strict=True), 1):
        guess = got.metadata.pop(predictions.KEY, None) if predictions.is_prediction(got) else None
        same = all(got.get(part) == want[part] for part in ("cell_type", "id", "source", "metadata"))
        found = [] if same and not got.get("attachments") else [f"is not what {source} gives"]
        if got.cell_type == "code":
            count += 1
            found += _faults_of_run(got, count, guess)
        problems += [f"{where}, cell {number} {fault}. {advice}" for fault in found]
    return problems


def _faults_of_run(cell: NotebookNode, count: int, guess: object) -> Iterable[str]:
    """What shows that a code cell was not run, or that it tells what a reader is to guess."""
    if predictions.is_prediction(cell):
        if not guess or cell.outputs or cell.execution_count is not None:
            yield "does not keep back what is to be guessed"
    elif cell.execution_count != count:  # nbval compares nothing in a cell that was not run
        yield "was not run"
    if any(output.output_type == "error" for output in cell.outputs):
        yield "holds an error"


def _stored(path: Path) -> NotebookNode | None:
    """The notebook that is there; None for what is none, such as half of a merge, or an empty file."""
    try:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        return notebook if notebook.cells else None
    except Exception:  # nbformat raises many kinds for a file that is no notebook
        return None


def _orphans(chosen: list[Source], root: Path) -> list[str]:
    """Notebooks that no source gives."""
    known = {path for source in chosen for path in (source.built, source.released)}
    return [
        f"{name} has no source. Delete it, or write sources for it."
        for name, path in originals(root).items()
        if path not in known
    ]
