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


def test_what_lessons_show_fits_into_79_columns():
    from helpers.minilm import model
    from helpers.quantization import activations, calibrated

    shown = [model.linear, model.attention, model.forward, model.layer_norm, model.embed_tokens, model.embed]
    shown += [activations.per_tensor, activations.per_token, activations.split_product, activations.smoothing]
    shown += [calibrated.gptq, calibrated.awq]
    assert [line for thing in shown for line in text_of(thing).splitlines() if len(line) > 79] == []
    assert max(len(text_of(thing).splitlines()) for thing in shown) <= 40
