"""The task, and what is stored of it."""

import numpy as np
import pytest

from course import measure_minilm
from course.measure_minilm import cases
from helpers._tables import rows
from helpers.minilm.measured import load_measured
from helpers.minilm.model import embed, read_tokenizer
from helpers.minilm.observe import MATRICES
from helpers.minilm.policies import LADDER, POLICIES, n_weights, policy
from helpers.minilm.retrieval import (
    interval,
    load_calibration,
    load_terms,
    mean_reciprocal_rank,
    ranks,
    recall,
)
from helpers.minilm.speed import N_WEIGHTS, decode_on_a_card, most_tokens


def test_places_are_counted_by_hand():
    likeness = np.array([[0.9, 0.5, 0.1], [0.9, 0.5, 0.9], [0.2, 0.2, 0.2]])
    names, definitions = np.eye(3), likeness.T
    assert ranks(names, definitions).tolist() == [1, 3, 3]  # of equal ones the right one is last
    assert recall(np.array([1, 3, 3])) == pytest.approx(1 / 3)
    assert recall(np.array([1, 3, 3]), k=3) == 1
    assert mean_reciprocal_rank(np.array([1, 3, 3])) == pytest.approx(5 / 9)


def test_a_broken_model_finds_nothing():
    assert ranks(np.full((4, 2), np.nan), np.eye(2)[[0, 0, 1, 1]]).tolist() == [4, 4, 4, 4]


def test_the_interval_of_a_change_knows_that_the_terms_are_the_same():
    before = np.tile([1, 2], 100)
    assert interval(before, before) == (0.0, 0.0)
    low, high = interval(np.ones(200, int), before)
    assert 0.4 < low < 0.5 < high < 0.6


def test_nothing_is_calibrated_with_texts_of_the_task():
    names, definitions = load_terms()
    assert len(names) == len(set(names)) == len(definitions) == 328
    assert not set(load_calibration()) & set(definitions)


def test_the_texts_are_still_those_of_the_tables_for_the_most_part():
    now = {row["term_en"]: row["definition_en"] for row in rows("terms.csv")}
    same = sum(now.get(name) == text for name, text in zip(*load_terms(), strict=True))
    assert same > 300, "measure again: python -m course.make_texts, then python -m course.measure_minilm"


def test_all_that_is_to_be_measured_is_stored_and_nothing_else():
    assert list(load_measured()) == [name for name, _ in cases()]


def test_what_is_stored_is_sound():
    for name, one in load_measured().items():
        assert one.ranks.shape == (328,)
        assert -0.2 <= one.cosine <= 1
        assert one.ranks.min() >= (0 if name.startswith("alone/") else 1)
        assert one.ranks.max() <= 328


@pytest.mark.parametrize(
    "name", ["weights/4/128/32", "weights/32/tensor/4", "inputs/8/token", "gptq/2/128/0"]
)
def test_a_sample_of_what_is_stored_comes_out_again(name):
    weights, linear = dict(cases())[name]()
    few = load_terms()[0][: measure_minilm.SAMPLE]
    now = embed(few, read_tokenizer(), weights, linear)
    before = embed(few, read_tokenizer(), measure_minilm.original())
    cosine = float((now * before).sum(dim=1).mean())
    assert cosine == pytest.approx(load_measured()[name].sample, abs=0.01 if "gptq" in name else 0.002)


DAMAGE = {name: 0.001 * (1 + i) for i, name in enumerate(MATRICES)}


@pytest.mark.parametrize("rule", POLICIES)
@pytest.mark.parametrize("bits", [2, 2.5, 3, 7.9, 8])
def test_a_policy_stays_in_its_budget_and_spends_it(rule, bits):
    given = policy(rule, bits, DAMAGE)
    spent = sum(given[name] * n_weights(name) for name in MATRICES) / sum(map(n_weights, MATRICES))
    assert spent <= bits
    assert spent > min(bits, 8) - 0.12
    assert set(given.values()) <= set(LADDER)


def test_who_comes_first_gets_the_bits():
    low, high = (policy(f"busy layers {end}", 3, DAMAGE) for end in ("low", "high"))
    small, large = "encoder.layer.5.attention.output.dense", "encoder.layer.5.output.dense"
    assert low[small] > low[large] == 2
    assert high[large] > high[small] == 2


def test_no_speed_is_above_what_memory_allows():
    for name, bits in {"fp32": 32, "bf16": 16, "int4 in groups of 128": 4.25}.items():
        measured = decode_on_a_card()[name]
        assert 0.4 < measured.tokens_per_second / most_tokens(N_WEIGHTS, bits) < 0.95
        assert 0.8 < measured.gib - N_WEIGHTS * bits / 8 / 2**30 < 1.1
