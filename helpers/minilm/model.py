"""The forward pass of all-MiniLM-L6-v2: six layers of a BERT, then the mean over the tokens.

`weights` is a dictionary of tensors by published name, as `read_weights` gives it. To try a change, put
another tensor in it, or pass another `linear`: everything that multiplies goes through that function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from helpers.minilm.files import model_file

Weights = dict[str, Tensor]
Product = Callable[[Tensor, str, Weights], Tensor]
LAYERS, HEADS = 6, 12


def read_weights() -> Weights:
    """The published weights, float32, by name."""
    weights = load_file(model_file("model.safetensors"))
    return {name: w for name, w in weights.items() if w.is_floating_point()}


def read_tokenizer() -> Tokenizer:
    """What turns texts into rows of token numbers: lower case, pieces of words, [CLS] … [SEP]."""
    tokenizer = Tokenizer.from_file(str(model_file("tokenizer.json")))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()  # up to the longest of the batch
    return tokenizer


def linear(x: Tensor, name: str, weights: Weights) -> Tensor:
    """x Wᵀ + b. PyTorch's matrices are (out, in)."""
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def layer_norm(x: Tensor, name: str, weights: Weights) -> Tensor:
    gamma, beta = weights[name + ".weight"], weights[name + ".bias"]
    return F.layer_norm(x, x.shape[-1:], gamma, beta, eps=1e-12)


def embed_tokens(ids: Tensor, weights: Weights) -> Tensor:
    """The rows of three tables: the token's, the place's, the first kind's."""
    of = "embeddings."
    x = weights[of + "word_embeddings.weight"][ids]
    x = x + weights[of + "position_embeddings.weight"][: ids.shape[1]]
    x = x + weights[of + "token_type_embeddings.weight"][0]
    return layer_norm(x, of + "LayerNorm", weights)


def attention(
    x: Tensor,
    mask: Tensor,
    of: str,
    weights: Weights,
    linear: Product,
) -> Tensor:
    """Each token takes a weighted mean of what all offer, in twelve heads."""
    n, length, width = x.shape
    q, k, v = (
        linear(x, f"{of}.self.{part}", weights)
        .view(n, length, HEADS, width // HEADS)
        .transpose(1, 2)  # (n, heads, length, 32)
        for part in ("query", "key", "value")
    )
    scores = q @ k.mT / (width // HEADS) ** 0.5
    padding = ~mask[:, None, None, :]
    scores = scores.masked_fill(padding, -torch.inf)
    mixed = (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(x.shape)
    return linear(mixed, of + ".output.dense", weights)


def forward(
    ids: Tensor,
    mask: Tensor,
    weights: Weights,
    linear: Product,
) -> Tensor:
    """Token numbers, and which are no padding → unit vectors (n, 384)."""
    x = embed_tokens(ids, weights)
    for i in range(LAYERS):
        of = f"encoder.layer.{i}"
        x = x + attention(x, mask, of + ".attention", weights, linear)
        x = layer_norm(x, of + ".attention.output.LayerNorm", weights)
        wide = F.gelu(linear(x, of + ".intermediate.dense", weights))
        x = x + linear(wide, of + ".output.dense", weights)
        x = layer_norm(x, of + ".output.LayerNorm", weights)
    mean = (x * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
    return F.normalize(mean)


@torch.no_grad()
def embed(
    texts: Sequence[str],
    tokenizer: Tokenizer,
    weights: Weights,
    linear: Product = linear,
    batch_size: int = 32,
) -> Tensor:
    """Texts → unit vectors (n, 384), float32, in the order of the texts.

    >>> sentences = ["A cat sits on the mat.", "A kitten is resting on a rug.", "Bond yields rose."]
    >>> vectors = embed(sentences, read_tokenizer(), read_weights())
    >>> [round(float(vectors[0] @ other), 1) for other in vectors[1:]]
    [0.7, -0.0]
    """
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    vectors = torch.empty(len(texts), 384)
    for start in range(0, len(texts), batch_size):
        rows = order[start : start + batch_size]
        encoded = tokenizer.encode_batch([texts[row] for row in rows])
        ids = torch.tensor([one.ids for one in encoded])
        mask = torch.tensor([one.attention_mask for one in encoded]).bool()
        vectors[rows] = forward(ids, mask, weights, linear)
    return vectors
