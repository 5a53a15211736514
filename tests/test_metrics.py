"""Every metric is scikit-learn's, to 1e-12, on what Hypothesis invents; and refuses what makes no sense."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from sklearn import metrics as theirs

from helpers import metrics as ours
from tests.thorough import examples


def for_all(*strategies):
    """Hypothesis' `given`, with as many examples as take a moment."""
    return lambda test: settings(max_examples=examples(30))(given(*strategies)(test))


def agree(a, b, atol=1e-12):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=atol)


@st.composite
def label_pairs(draw, classes=4):
    n = draw(st.integers(1, 40))
    some = st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)
    names = draw(st.sampled_from([np.arange(classes), np.array(["ant", "bee", "cat", "dog"])[:classes]]))
    return names[draw(some)], names[draw(some)]


@st.composite
def scored(draw):
    """Two classes, both there, and scores with many ties."""
    n = draw(st.integers(2, 40))
    y = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    y[:2] = [0, 1]
    score = np.array(
        draw(st.lists(st.integers(0, draw(st.sampled_from([2, 5, 1000]))), min_size=n, max_size=n))
    )
    return y, score / 1000


@for_all(label_pairs())
def test_counting_metrics(pair):
    assert ours.accuracy_score(*pair) == theirs.accuracy_score(*pair)
    assert ours.accuracy_score(*pair, normalize=False) == theirs.accuracy_score(*pair, normalize=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns about classes that are only predicted
        agree(ours.balanced_accuracy_score(*pair), theirs.balanced_accuracy_score(*pair))
        for normalize in (None, "true", "pred", "all"):
            matrix = ours.confusion_matrix(*pair, normalize=normalize)
            agree(matrix, theirs.confusion_matrix(*pair, normalize=normalize))
    matrix = ours.confusion_matrix(*pair)
    assert matrix.dtype == np.int64
    assert matrix.sum() == len(pair[0])


def test_confusion_matrix_in_the_order_that_was_asked_for():
    true, pred = ["b", "a", "c", "a"], ["b", "b", "a", "a"]
    for labels in (["c", "a", "b"], ["b", "a"], ["a", "x"]):
        expected = theirs.confusion_matrix(true, pred, labels=labels)
        np.testing.assert_array_equal(ours.confusion_matrix(true, pred, labels=labels), expected)


NAMES = ["precision_score", "recall_score", "f1_score"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
@pytest.mark.parametrize("zero_division", [0, 1, np.nan])
def test_scores_of_many_classes(name, average, zero_division):
    @for_all(label_pairs())
    def run(pair):
        options = {"average": average, "zero_division": zero_division}
        agree(getattr(ours, name)(*pair, **options), getattr(theirs, name)(*pair, **options))

    run()


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
def test_scores_of_chosen_classes(average):
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 5, (2, 200))
    for name in NAMES:
        options = {"average": average, "labels": [3, 1], "zero_division": 0}
        agree(getattr(ours, name)(true, pred, **options), getattr(theirs, name)(true, pred, **options))


@for_all(label_pairs(classes=2), st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([0, 1, np.nan]))
def test_scores_of_two_classes(pair, beta, zero_division):
    present = np.unique(np.concatenate(pair))
    options = {"pos_label": present[-1], "zero_division": zero_division}
    for name in NAMES:
        agree(getattr(ours, name)(*pair, **options), getattr(theirs, name)(*pair, **options))
    agree(ours.fbeta_score(*pair, beta=beta, **options), theirs.fbeta_score(*pair, beta=beta, **options))


@pytest.mark.parametrize(
    ("score", "true", "pred", "words"),
    [
        (ours.precision_score, [0, 1], [0, 0], "precision is 0 / 0 for 1 of 1 classes: no prediction"),
        (ours.recall_score, [0, 0], [0, 1], "recall is 0 / 0 .* no true sample"),
        (ours.f1_score, [0, 0], [0, 0], "F1 is 0 / 0"),
    ],
)
def test_nothing_to_divide_by_warns_and_is_zero(score, true, pred, words):
    with pytest.warns(UserWarning, match=words):
        assert score(true, pred) == 0
    for value in (0, 1):
        assert score(true, pred, zero_division=value) == value
    assert math.isnan(score(true, pred, zero_division=np.nan))


@pytest.mark.parametrize("drop", [True, False])
def test_roc_curve(drop):
    @for_all(scored())
    def run(case):
        for a, b in zip(
            ours.roc_curve(*case, drop_intermediate=drop),
            theirs.roc_curve(*case, drop_intermediate=drop),
            strict=True,
        ):
            agree(a, b)

    run()


@for_all(scored())
def test_auc_three_ways(case):
    y, score = case
    value = ours.roc_auc_score(y, score)
    agree(value, theirs.roc_auc_score(y, score))
    fpr, tpr, _ = ours.roc_curve(y, score)
    agree(value, ours.auc(fpr, tpr))
    pairs = score[y == 1][:, None] - score[y == 0]
    agree(value, ((pairs > 0) + (pairs == 0) / 2).mean())
    agree(1 - value, ours.roc_auc_score(y, -score))
    agree(value, ours.roc_auc_score(np.where(y == 1, "ill", "healthy"), score))
    agree(ours.auc(fpr[::-1], tpr[::-1]), theirs.auc(fpr[::-1], tpr[::-1]))


@for_all(scored())
def test_precision_recall_curve_and_average_precision(case):
    for a, b in zip(ours.precision_recall_curve(*case), theirs.precision_recall_curve(*case), strict=True):
        agree(a, b)
    agree(ours.average_precision_score(*case), theirs.average_precision_score(*case))


@for_all(scored())
def test_probabilities(case):
    y, p = case
    agree(ours.log_loss(y, p), theirs.log_loss(y, p))
    agree(ours.log_loss(y, np.column_stack([1 - p, p])), theirs.log_loss(y, np.column_stack([1 - p, p])))
    agree(ours.brier_score_loss(y, p), theirs.brier_score_loss(y, p))
    words = np.where(y == 1, "yes", "no")
    agree(ours.brier_score_loss(words, p, pos_label="no"), theirs.brier_score_loss(words, p, pos_label="no"))
    a, b = (m.roc_curve(words, p, pos_label="yes") for m in (ours, theirs))
    agree(a[1], b[1])


def test_log_loss_of_many_classes():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), size=50)
    y = rng.integers(0, 3, 50)
    agree(ours.log_loss(y, p, labels=range(4)), theirs.log_loss(y, p, labels=range(4)))
    certain = np.eye(4)[y]
    assert ours.log_loss(y, certain, labels=range(4)) == pytest.approx(0, abs=1e-15)
    assert 36 < ours.log_loss((y + 1) % 4, certain, labels=range(4)) < 37, (
        "a probability of 0 is not infinite"
    )


REGRESSION = ["mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "r2_score"]


@for_all(st.integers(2, 40), st.integers(1, 3), st.integers(0, 2**32 - 1), st.sampled_from(REGRESSION))
def test_regression(n, k, seed, name):
    y, guess = np.random.default_rng(seed).normal(size=(2, n, k))
    a, b = getattr(ours, name), getattr(theirs, name)
    agree(a(y, guess), b(y, guess))
    agree(a(y[:, 0], guess[:, 0]), b(y[:, 0], guess[:, 0]))
    agree(a(y, guess, multioutput="raw_values"), b(y, guess, multioutput="raw_values"))
    assert type(a(y, guess)) is float


def test_r2_of_values_that_are_all_equal():
    for guess in ([3.0, 3.0], [3.0, 4.0]):
        assert ours.r2_score([3.0, 3.0], guess) == theirs.r2_score([3.0, 3.0], guess)
    assert ours.r2_score([1.0, 2.0, 3.0], [9.0, -9.0, 9.0]) < -10


@pytest.mark.parametrize("n", [1, 5, 100, 5000])
def test_accuracy_interval_is_wilsons(n):
    for k in {0, 1, n // 3, n - 1, n}:
        for confidence in (0.8, 0.95, 0.999):
            low, high = ours.accuracy_interval(k, n, confidence=confidence)
            expected = binomtest(k, n).proportion_ci(confidence, method="wilson")
            agree((low, high), (expected.low, expected.high), atol=1e-9)
            assert 0 <= low < high <= 1


def test_accuracy_interval_holds_about_as_often_as_it_says():
    n, p = 60, 0.9
    limits = [ours.accuracy_interval(k, n) for k in range(n + 1)]
    holds = sum(binom.pmf(k, n, p) for k, (low, high) in enumerate(limits) if low <= p <= high)
    assert 0.93 < holds < 0.98


TRUE, PRED, SCORE = [0, 1, 1], [0, 1, 0], [0.1, 0.8, 0.4]
REFUSED = [
    (lambda: ours.accuracy_score([0, 1], [0]), ValueError, "y_true has 2 samples, but y_pred has 1"),
    (lambda: ours.accuracy_score([], []), ValueError, "y_true is empty"),
    (lambda: ours.accuracy_score([0, np.nan], [0, 1]), ValueError, "y_true has 1 missing .* row 1"),
    (lambda: ours.accuracy_score(["0"], [0]), TypeError, "mix words and numbers"),
    (lambda: ours.accuracy_score([[0, 1]], [[0, 1]]), ValueError, r"got shape \(1, 2\)"),
    (lambda: ours.accuracy_interval(5, 4), ValueError, "n_correct=5 is more than n_samples=4"),
    (lambda: ours.accuracy_interval(0.9, 100), TypeError, "n_correct must be a whole number, got 0.9"),
    (lambda: ours.accuracy_interval(1, 2, confidence=95), ValueError, "between 0 and 1, got 95"),
    (lambda: ours.confusion_matrix(TRUE, PRED, labels=[7]), ValueError, r"none of labels=\[7\] occurs"),
    (lambda: ours.confusion_matrix(TRUE, PRED, normalize="rows"), ValueError, "got 'rows'"),
    (lambda: ours.f1_score([0, 1, 2], [0, 1, 2]), ValueError, "average='binary' is for two classes, .* 3"),
    (lambda: ours.f1_score(["a", "b"], ["a", "b"]), ValueError, r"pos_label=1 is none of .*\['a', 'b'\]"),
    (lambda: ours.f1_score(TRUE, PRED, average="mean"), ValueError, "got 'mean'"),
    (lambda: ours.recall_score(TRUE, PRED, zero_division=2), ValueError, "zero_division must be .* got 2"),
    (lambda: ours.fbeta_score(TRUE, PRED, beta=0), ValueError, "beta must be above 0"),
    (lambda: ours.roc_curve([1, 1], [0.2, 0.3]), ValueError, "only the class 1; both classes are needed"),
    (lambda: ours.roc_auc_score([1, 1], [0.2, 0.3]), ValueError, "only the class 1"),
    (lambda: ours.roc_auc_score([0, 1, 2], SCORE), ValueError, "3 classes, .* y_true == c"),
    (lambda: ours.roc_auc_score(TRUE, [0.1, np.nan, 0.2]), ValueError, "y_score has 1 missing .* row 1"),
    (lambda: ours.roc_auc_score(TRUE, [0.1, np.inf, 0.2]), ValueError, "infinite value in row 1"),
    (lambda: ours.roc_auc_score(TRUE, [0.1, 0.2]), ValueError, "y_true has 3 samples, but y_score has 2"),
    (lambda: ours.roc_curve(["a", "b"], [0.1, 0.2]), ValueError, "pos_label='b'"),
    (lambda: ours.roc_curve([0, 1], [0.1, 0.2], pos_label=5), ValueError, "pos_label=5 is none"),
    (lambda: ours.auc([0, 1, 0.5], [0, 1, 1]), ValueError, "sort the points by x"),
    (lambda: ours.auc([0], [1]), ValueError, "at least 2 points, got 1"),
    (lambda: ours.log_loss([0, 1], [0.5, 1.5]), ValueError, "0 to 1; got values from 0.5 to 1.5"),
    (lambda: ours.log_loss([0, 1], [[0.5, 0.5], [0.9, 0.3]]), ValueError, "row 1 of y_proba sums to 1.2"),
    (lambda: ours.log_loss([0, 1], np.full((2, 3), 1 / 3)), ValueError, "of 3 classes, but there are 2"),
    (lambda: ours.log_loss([0, 5], [0.5, 0.5], labels=[0, 1]), ValueError, "not in labels"),
    (lambda: ours.brier_score_loss([0, 1], [0.5, -0.1]), ValueError, "y_proba must be probabilities"),
    (
        lambda: ours.mean_squared_error([1, 2], [[1], [2]]),
        ValueError,
        r"shape \(2,\), but y_pred has \(2, 1\)",
    ),
    (lambda: ours.mean_squared_error([1, np.inf], [1, 2]), ValueError, "y_true has an infinite value"),
    (lambda: ours.mean_absolute_error([1, 2], ["a", "b"]), TypeError, "not numbers"),
    (lambda: ours.r2_score([1], [1]), ValueError, "at least 2 samples"),
    (lambda: ours.r2_score([1, 2], [1, 2], multioutput="sum"), ValueError, "got 'sum'"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED)
def test_refused_with_clear_words(call, error, words):
    with pytest.raises(error, match=words):
        call()


# At the edges of what the docstrings promise ------------------------------------------------------------


@pytest.mark.parametrize("beta", [float("inf"), 1e200])
@pytest.mark.parametrize("average", ["binary", "macro", None])
def test_fbeta_of_an_infinite_beta_is_recall(beta, average):
    y, pred = [1, 0, 1, 1, 0], [1, 1, 0, 0, 0]
    want = ours.recall_score(y, pred, average=average)
    np.testing.assert_array_equal(ours.fbeta_score(y, pred, beta=beta, average=average), want)


def test_log_loss_takes_scikit_learns_names():
    y, p = [0, 1, 1], [0.1, 0.8, 0.6]
    assert ours.log_loss(y_true=y, y_proba=p) == pytest.approx(theirs.log_loss(y_true=y, y_proba=p))


def test_r2_knows_equal_values_whose_mean_is_rounded():
    assert ours.r2_score([0.1] * 3, [0.1] * 3) == 1.0
    assert ours.r2_score([0.1] * 3, [0.1, 0.1, 0.2]) == 0.0


def test_a_missing_label_among_words_is_found():
    for y in (["a", float("nan"), "b"], np.array(["a", float("nan"), "b"])):
        with pytest.raises(ValueError, match="missing"):
            ours.accuracy_score(y, ["a", "b", "b"])
