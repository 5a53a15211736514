"""`course feedback`: a page for each student, with points, what was right and what was not, and hints.

Every word on a page is escaped, and the page says to the browser that it runs nothing and loads nothing.
"""

import html
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course import sources
from course.grading import book as books
from course.grading.book import FAILED, REFUSED, Result, Standing
from course.grading.written import answers_in, put
from course.places import ROOT

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem .8rem; border: 1px solid #8886; }
h2 { margin-bottom: .3rem; } .points { font-weight: 600; } summary { cursor: pointer; }
@media print { details::details-content { content-visibility: visible; block-size: auto; } }
"""
_HEADING = re.compile(r"^#+ *(.+?)(?: *\([\d.]+ points?\))?$", re.MULTILINE)


def feedback(name: str, root: Path = ROOT, students: Iterable[str] = ()) -> list[Path]:
    """Write the feedback pages of an exercise; returns their paths.

    students: for whom; everybody who handed in, when empty. Raises `CourseError` if nothing was graded.
    """
    import nbformat

    source = sources.exercise(name, root)
    if not (root / "gradebook.db").exists():
        raise books.ungraded(source.name)
    with books.opened(root) as book:
        results, standings = books.results(book, source.name), books.standings(book, source.name)
        unknown = sorted(set(students) - set(results))
        if unknown or not results:
            raise books.ungraded(source.name, f" from {', '.join(unknown)}" if unknown else "")
        titles = _titles(nbformat.read(source.built, as_version=4))
        pages = []
        for student in students or results:
            page = _page(
                source.name,
                titles,
                results[student],
                standings.get(student),
                books.remarks(book, source.name, student),
                answers_in(root / "autograded" / student / source.name / f"{source.name}.ipynb"),
                books.name_of(book, student),
            )
            folder = root / "feedback" / student / source.name
            put(folder, {f"{source.name}.html": page.encode("utf-8", "replace")})
            pages.append(folder / f"{source.name}.html")
    return sorted(pages)


def _titles(notebook: NotebookNode) -> dict[str, str]:
    """The heading of each task, by the id of its check."""
    found = {}
    for cell in notebook.cells:
        name = cell.metadata.nbgrader.grade_id
        heading = _HEADING.search(cell.source)
        if name.endswith("-task") and heading:
            found[name.removesuffix("-task")] = heading.group(1)
    return found


def _page(
    name: str,
    titles: dict[str, str],
    result: Result,
    standing: Standing | None,
    remarks: dict[str, dict[str, Any]],
    answers: dict[str, str],
    person: str,
) -> str:
    """One page. All that is not ours is escaped."""
    e = html.escape
    lines = [f"<h1>{e(name)}</h1>", f"<p>{e(person)}</p>"]
    if standing and standing.counts(result):
        late = f" ({standing.late_penalty:g} were taken off for being late)" if standing.late_penalty else ""
        lines.append(f'<p class="points">{standing.score:g} of {result.most:g} points{e(late)}</p>')
    if result.state == REFUSED:
        lines.append(f"<p>Your file could not be graded: {e(result.problem)}. A person will look at it.</p>")
    elif result.state == FAILED:
        lines.append("<p>Your file has no mark yet; it is going to be graded again.</p>")
    if result.notes:
        lines.append("<ul>" + "".join(f"<li>{e(note)}</li>" for note in result.notes) + "</ul>")
    for check, title in titles.items():
        task, remark = result.tasks.get(check, {}), remarks.get(check, {})
        lines.append(f"<h2>{e(title)}</h2>")
        by_hand = remark.get("manual_score")
        points = by_hand if by_hand is not None else task.get("points")
        if points is not None:
            most = f" of {task['most']:g}" if "most" in task else ""
            lines.append(f'<p class="points">{points:g}{most} points</p>')
        if task.get("words"):
            lines.append(f"<pre>{e(task['words'])}</pre>")
        if remark.get("comment"):
            lines.append(f"<p>Your teacher says: {e(remark['comment'])}</p>")
        if check in answers:
            lines.append(f"<details><summary>Your answer</summary><pre>{e(answers[check])}</pre></details>")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="referrer" content="no-referrer"><title>{e(name)} · {e(person)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n" + "\n".join(lines) + "\n</body></html>\n"
    )
