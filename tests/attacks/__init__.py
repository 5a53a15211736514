"""Hostile submissions of exercise 01, one kind each: what they run, or what they put in place of a notebook.

`CODE` runs in a cell before everything else; `{root}` is the folder of the class, `{course}` that of the
course, `{port}` one that listens on this machine. `FILES` make the submission's folder themselves. None of
them may earn a point, read or write anything outside, or keep the grader from the others.
"""

from tests.attacks.code import CODE
from tests.attacks.files import FILES

__all__ = ["CODE", "FILES"]
