"""Functions shown on a page: what of them is shown, and how."""

from helpers.sources import Folded, Source, text_of


class Small:
    """One sentence,
    and its second line.

    Not shown.
    """

    size = "<b>"


def without():
    return 1


def test_of_a_docstring_the_first_paragraph_is_shown():
    assert (
        text_of(Small)
        == 'class Small:\n    """One sentence,\n    and its second line."""\n\n    size = "<b>"'
    )


def test_a_function_without_docstring_is_shown_as_it_is():
    assert text_of(without) == "def without():\n    return 1"


def test_a_notebook_gets_code_in_the_colours_of_its_theme():
    bundle = Source("a = 1")._repr_mimebundle_()
    assert bundle == {"text/markdown": "```python\na = 1\n```", "text/plain": "a = 1"}


def test_what_is_folded_has_a_line_to_open_and_no_markup_of_its_own():
    bundle = Folded(text_of(Small), "size & more")._repr_mimebundle_()
    assert bundle["text/html"].startswith("<details><summary>size &amp; more</summary>")
    assert "<b>" not in bundle["text/html"]
    assert "<b>" in bundle["text/plain"]
