"""Writes helpers/data/minilm_reference.npz: what another program computes with the model of lesson 20.

    python -m venv --system-site-packages elsewhere      # transformers is no package of the course
    elsewhere/bin/python -m pip install transformers==5.24.0
    elsewhere/bin/python -m course.make_minilm_reference

The vectors are those of transformers' own BertModel and tokenizer, the mean over the tokens, then length 1,
as the model's page says. Lesson 20 and its tests compare their forward pass with them.
"""

import numpy as np

from course.make_data import write_npz
from helpers._tables import DATA
from helpers.minilm.files import model_file

TEXTS = (
    "A cat sits on the mat.",
    "quantization",
    "Weights are rounded to the nearest of sixteen values.",
    "Ünïcödé, CAPITALS, 4-bit, and 中文字.",
    "The gradient of the loss: $\\partial L / \\partial W$.",
    "again and " * 200,  # longer than the 256 tokens that are read
    "",
)


def vectors(texts: tuple[str, ...] = TEXTS) -> np.ndarray:
    """What transformers makes of the texts, one by one: unit vectors (n, 384), float32."""
    import torch
    from transformers import AutoTokenizer, BertModel  # type: ignore[import-not-found]

    folder = str(model_file("model.safetensors").parent)  # the installed package has all that it needs
    model, tokenizer = BertModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    found = []
    with torch.no_grad():
        for text in texts:
            tokens = tokenizer([text], truncation=True, max_length=256, padding=False, return_tensors="pt")
            mean = model(**tokens).last_hidden_state[0].mean(dim=0)
            found.append((mean / mean.norm()).numpy())
    return np.array(found)


def main() -> None:
    """Write the file."""
    write_npz(DATA / "minilm_reference.npz", {"texts": np.array(TEXTS), "vectors": vectors()})


if __name__ == "__main__":
    main()
