"""What lesson 14 shares with its explorer: a layer that keeps the last place, and a model of characters.

The text is the course's own: the English definitions of helpers/data/terms.csv, in small letters. The model
is one transformer block; it is trained once in a kernel, in a few seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers._tables import rows
from helpers.nn.activations import ReLU, log_softmax, softmax
from helpers.nn.attention import Attention, Position
from helpers.nn.base import Array, Layer, Shape
from helpers.nn.containers import Residual, Sequential
from helpers.nn.layers import Embedding, Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.normalization import LayerNorm
from helpers.nn.optimizers import Adam

__all__ = [
    "LETTERS",
    "WINDOW",
    "Characters",
    "Last",
    "character_model",
    "characters",
    "definitions",
    "encode",
    "tempered",
]

LETTERS = "\n abcdefghijklmnopqrstuvwxyz.,;:-()'/$0"
"""All characters of the text; a character's number is its place here."""
WINDOW = 16
"""How many characters the model sees at once."""


class Last(Layer):
    """Only the last place goes on: X (n, T, d) → out (n, d).

    >>> Last().forward(np.arange(6.0).reshape(1, 3, 2))
    array([[4., 5.]])
    """

    def forward(self, X: Array) -> Array:
        self.check(X)
        self.X_shape = X.shape
        return X[..., -1, :]

    def backward(self, d_out: Array) -> Array:
        dX = np.zeros(self.X_shape, d_out.dtype).view(type(d_out))
        dX[..., -1, :] = d_out
        return dX

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3 or shape[1] < 1:
            raise ValueError(f"Last needs X (n, T, d) with T from 1 on, got {shape}.")
        return shape[0], shape[2]


def definitions() -> dict[str, str]:
    """The definitions in three texts, "train", "validation" and "test": 248, 40 and 40 of them, one a line.

    A formula becomes $ and a number 0. Whole definitions are dealt out, in an order drawn with seed 0.

    >>> definitions()["test"].count("\\n") - 1, set("".join(definitions().values())) == set(LETTERS)
    (40, True)
    """
    lines = []
    for row in rows("terms.csv"):
        line = re.sub(r"\$[^$]*\$", "$", row["definition_en"].lower())
        lines.append(re.sub(f"[^{re.escape(LETTERS)}]", "", re.sub(r"\d+([.,]\d+)*", "0", line)))
    order = np.random.default_rng(0).permutation(len(lines))
    parts = {"train": order[:-80], "validation": order[-80:-40], "test": order[-40:]}
    return {name: "\n" + "".join(lines[i] + "\n" for i in part) for name, part in parts.items()}


def encode(text: str) -> Array:
    """The numbers of the characters, (n,).

    >>> encode("abc")
    array([2, 3, 4])
    """
    return np.array([LETTERS.index(letter) for letter in text])


def character_model(rng: np.random.Generator, d: int = 48, num_heads: int = 4) -> Sequential:
    """One transformer block between a table of letters and the scores of the next letter.

    X (n, T) of numbers, T up to WINDOW → logits (n, T, 39): at each place the next character.

    >>> character_model(np.random.default_rng(0)).forward(encode("abc")[None]).shape
    (1, 3, 39)
    """
    letters, places = Embedding(len(LETTERS), d, rng=rng), Position(WINDOW, d, learned=True, rng=rng)
    letters.W *= 0.3  # both small, so that what attention adds counts
    places.W *= 10
    return Sequential(
        letters,
        places,
        Residual(LayerNorm(d), Attention(d, num_heads, causal=True, rng=rng)),
        Residual(LayerNorm(d), Linear(d, 2 * d, rng=rng), ReLU(), Linear(2 * d, d, rng=rng)),
        LayerNorm(d),
        Linear(d, len(LETTERS), rng=rng),
    )


@dataclass(frozen=True)
class Characters:
    """A trained model of characters."""

    model: Sequential

    def logits(self, text: str) -> Array:
        """The scores of what comes after each of the last T characters, at most WINDOW: (T, 39)."""
        return self.model.forward(encode(text[-WINDOW:])[None])[0]

    @property
    def weights(self) -> Array:
        """Where each place looked in the last text, (num_heads, T, T)."""
        block = self.model.layers[2]
        assert isinstance(block, Residual)
        attention = block.layers[1]
        assert isinstance(attention, Attention)
        return np.asarray(attention.weights[0])

    def surprise(self, text: str, back: int = WINDOW, every: int = 1) -> Array:
        """-log p of the text's characters when only the last `back` ones before each are seen.

        Each `every`-th character from the WINDOW-th on is asked for.
        """
        number = encode(text)
        asked = np.arange(WINDOW, len(number), every)
        X = number[asked[:, None] + np.arange(-back, 0)]
        log_p = log_softmax(self.model.forward(X)[:, -1])
        return -log_p[np.arange(len(asked)), number[asked]]

    def sample(self, n: int, length: int, rng: np.random.Generator, **how: float) -> list[str]:
        """n texts of that length; `how` goes to `tempered`."""
        X = np.full((n, 1), LETTERS.index("\n"))
        for _ in range(length):
            p = tempered(self.model.forward(X[:, -WINDOW:])[:, -1], **how)
            drawn = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
            X = np.column_stack([X, np.minimum(drawn, len(LETTERS) - 1)])
        return ["".join(LETTERS[i] for i in row[1:]) for row in X]


def tempered(logits: Array, temperature: float = 1.0, top_k: float = len(LETTERS)) -> Array:
    """softmax(logits / temperature) of the top_k largest of each row; all others get 0.

    >>> tempered(np.log([[0.1, 0.4, 0.5]]), temperature=0.5, top_k=2).round(2)
    array([[0.  , 0.39, 0.61]])
    """
    if temperature <= 0:
        raise ValueError(f"temperature is above 0, got {temperature!r}.")
    lowest = np.sort(logits, axis=-1)[..., -int(min(top_k, logits.shape[-1])), None]
    return softmax(np.where(logits >= lowest, logits / temperature, -np.inf))


@lru_cache(maxsize=4)
def characters(seed: int = 0, steps: int = 800) -> Characters:
    """The model after so many steps of Adam on 16 windows each, trained once in a kernel."""
    rng = np.random.default_rng(seed)
    number, model = encode(definitions()["train"]), character_model(rng)
    loss, optimizer = CrossEntropyLoss(), Adam(model, lr=0.01)
    for step in range(steps):
        optimizer.lr = 0.01 * min(1, (step + 1) / 20) * (1 + np.cos(np.pi * step / steps)) / 2
        rows_of = rng.integers(len(number) - WINDOW, size=(16, 1)) + np.arange(WINDOW)
        loss.forward(model.forward(number[rows_of]), number[rows_of + 1])
        model.backward(loss.backward())
        optimizer.step()
    return Characters(model)
