"""Rooms × odd inputs: what people of this trade hand in gives the number of the ordinary form, or words.

Every room is called with the same data in ten forms (lists, other dtypes, other memory), and with data that
are odd in themselves (one class, ties, words, a single row). Nothing may end in a bare error.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
import pytest

from helpers import features, metrics, nn, splits
from helpers.training import fit, predict

X = np.array([[0, 4, 1], [3, 1, 1], [2, 2, 0], [1, 0, 5], [4, 3, 2], [2, 5, 1], [0, 1, 3], [5, 2, 2]], float)
Y = np.array([0, 1, 0, 1, 1, 0, 0, 1])
P = np.array([0.25, 0.5, 0.5, 0.75, 1.0, 0.0, 0.25, 0.5])  # with ties, exact in float16


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def not_contiguous(a: np.ndarray) -> np.ndarray:
    wide = np.zeros((*a.shape, 2), a.dtype)
    wide[..., 0] = a
    return wide[..., 0]


def read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


def as_pandas(a: np.ndarray) -> Any:
    return pandas.DataFrame(a) if a.ndim == 2 else pandas.Series(a)


FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "list": np.ndarray.tolist,
    "float16": lambda a: a.astype(np.float16) if a.dtype.kind == "f" else a.astype(np.int8),
    "float32": lambda a: a.astype(np.float32) if a.dtype.kind == "f" else a.astype(np.uint8),
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "object": lambda a: a.astype(object),
    "Fortran order": np.asfortranarray,
    "non-contiguous": not_contiguous,
    "backwards in memory": lambda a: a[::-1].copy()[::-1],
    "read-only": read_only,
    "pandas": as_pandas,
}


def transformed(make: Callable[[], Any]) -> Callable[[Any, Any, Any], Any]:
    return lambda X, y, p: make().fit(X, y).transform(X)


def trained(loss: Any, classes: int) -> Callable[[Any, Any, Any], Any]:
    def run(X: Any, y: Any, p: Any) -> Any:
        model = nn.Sequential(nn.Linear(3, 4, rng=rng()), nn.Tanh(), nn.Linear(4, classes, rng=rng()))
        y = y if classes > 1 else np.asarray(p)[:, None]
        options = {"batch_size": 3, "num_epochs": 2, "rng": rng(), "progress": False}
        fit(model, loss(), nn.SGD(model, lr=0.1), X, y, **options)
        with np.errstate(invalid="ignore"):  # of what is infinite
            return predict(model, X)

    return run


def of_labels(score: Callable[..., Any]) -> Callable[[Any, Any, Any], Any]:
    return lambda X, y, p: score(y, y[::-1])


def of_numbers(score: Callable[..., Any]) -> Callable[[Any, Any, Any], Any]:
    return lambda X, y, p: score(y, p)


def rows_of(pairs: list[Any]) -> np.ndarray:
    return np.concatenate([test for _, test in pairs])


def by_name(module: Any, room: Callable[[Any], Any], names: str) -> dict[str, Callable[[Any, Any, Any], Any]]:
    """The rooms made of what a module has under these names."""
    return {name: room(getattr(module, name)) for name in names.split()}


SCALERS = "StandardScaler MinMaxScaler RobustScaler PCA PolynomialFeatures"
CODERS = "OneHotEncoder OrdinalEncoder SimpleImputer"
COUNTS = "accuracy_score balanced_accuracy_score confusion_matrix precision_score recall_score f1_score"
CHANCES = "roc_auc_score average_precision_score log_loss brier_score_loss"
ERRORS = "mean_squared_error root_mean_squared_error mean_absolute_error r2_score"
ROOMS: dict[str, Callable[[Any, Any, Any], Any]] = {
    **by_name(features, transformed, f"{SCALERS} {CODERS}"),
    "most frequent": transformed(lambda: features.SimpleImputer(strategy="most_frequent")),
    "pipeline": transformed(lambda: features.make_pipeline(features.StandardScaler(), features.PCA(2))),
    **by_name(metrics, of_labels, COUNTS),
    **by_name(metrics, of_numbers, f"{CHANCES} {ERRORS}"),
    "roc_curve": lambda X, y, p: np.concatenate(metrics.roc_curve(y, p)[:2]),
    "precision_recall_curve": lambda X, y, p: np.concatenate(metrics.precision_recall_curve(y, p)),
    "stratified_holdout": lambda X, y, p: np.concatenate(splits.stratified_holdout(y, 0.25, rng())),
    "group_holdout": lambda X, y, p: np.concatenate(splits.group_holdout(y, 0.5, rng())),
    "stratified_k_fold": lambda X, y, p: rows_of(splits.stratified_k_fold(y, 2, rng())),
    "group_k_fold": lambda X, y, p: rows_of(splits.group_k_fold(y, 2, rng())),
    "fit, labels": trained(nn.CrossEntropyLoss, 2),
    "fit, numbers": trained(nn.MSELoss, 1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("room", ROOMS)
def test_the_form_of_the_input_changes_nothing(room, form):
    if form == "object" and room == "fit, labels":
        pytest.skip("labels of dtype object are refused, below")
    want = ROOMS[room](X, Y, P)
    given = [FORMS[form](a) for a in (X, Y, P)]
    if form == "pandas" and "score" in room:
        given[1] = given[1].to_numpy()  # y[::-1] of a Series keeps its index
    got = ROOMS[room](*given)
    np.testing.assert_allclose(np.asarray(got, float), np.asarray(want, float), rtol=1e-12, atol=1e-12)
    assert all(np.array_equal(np.asarray(a, float), b) for a, b in zip(given, (X, Y, P), strict=True))


ONE, WORDS, NEGATIVE = np.zeros(8, int), np.where(Y == 1, "yes", "no"), np.where(Y == 1, 1, -1)
MIXED = np.array(["yes", 1, "no", 0, "yes", 1, "no", 0], dtype=object)
WITH_NAN = ["yes", float("nan"), "no", "no", "yes", "yes", "no", "no"]
ODD: dict[str, tuple[Any, Any, Any]] = {
    "one class": (X, ONE, P),
    "words": (X, WORDS, P),
    "words with nan": (X, WITH_NAN, P),
    "words with nan, of NumPy": (X, np.array(WITH_NAN), P),
    "words and numbers": (X, MIXED, P),
    "negative labels": (X, NEGATIVE, P),
    "truth values": (X, Y == 1, P),
    "all the same": (np.full((8, 3), 0.1), Y, np.full(8, 0.1)),
    "a single row": (X[:1], Y[:1], P[:1]),
    "no row": (X[:0], Y[:0], P[:0]),
    "no column": (X[:, :0], Y, P),
    "complex": (X + 1j, Y, P + 1j),
    "dates": (X.astype("int64").astype("datetime64[D]"), Y.astype("datetime64[D]"), P),
    "nan": (np.where(X == 5, np.nan, X), Y, np.where(P == 1, np.nan, P)),
    "infinite": (np.where(X == 5, np.inf, X), Y, np.where(P == 1, np.inf, P)),
    "another length": (X, Y[:7], P),
    "three axes": (X[None], Y[None], P[None]),
    "tiny": (X * 1e-300, Y, P),
    "huge": (X * 1e300, Y, P),
}


# What NumPy says by itself of inputs that nobody looked at.
BARE = (
    "broadcast",
    "not supported between",
    "ambiguous",
    "inhomogeneous",
    "ufunc",
    "out of bounds",
    "core dim",
)


@pytest.mark.filterwarnings("error::RuntimeWarning", "ignore:.*0 / 0")
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("room", ROOMS)
def test_odd_data_give_a_finite_answer_or_words(room, odd):
    try:
        answer = np.asarray(ROOMS[room](*ODD[odd]))
    except (ValueError, TypeError) as error:
        said = str(error)
        assert len(said) > 25, said
        assert not any(bare in said for bare in BARE), said
        return
    if answer.dtype.kind in "fc" and not room.startswith("fit"):
        assert np.isfinite(answer).all()


NULLABLE = pandas.DataFrame(
    {"a": pandas.array([1, None, 3], "Int64"), "b": pandas.array([0.5, 2, 2], "Float64")}
)
STRINGS = pandas.DataFrame({"colour": pandas.array(["red", None, "red"], "string")})


def test_what_pandas_calls_missing_is_missing():
    filled = features.SimpleImputer(strategy="mean").fit(NULLABLE).transform(NULLABLE)
    np.testing.assert_array_equal(filled, [[1, 0.5], [2, 2], [3, 2]])
    named = features.SimpleImputer(strategy="most_frequent").fit(STRINGS).transform(STRINGS)
    assert named.tolist() == [["red"], ["red"], ["red"]]
    for make, table in ((features.StandardScaler, NULLABLE), (features.OneHotEncoder, STRINGS)):
        with pytest.raises(ValueError, match=r"missing entries, the first in row 1, column 0.*SimpleImputer"):
            make().fit(table)
    with pytest.raises(ValueError, match="y_true has 1 missing"):
        metrics.mean_squared_error(NULLABLE["a"], [1, 1, 0])


def test_a_category_of_pandas_is_its_word():
    column = pandas.DataFrame({"c": pandas.Categorical(["x", "y", "x"])})
    np.testing.assert_array_equal(features.OneHotEncoder().fit(column).transform(column)[:, 0], [1, 0, 1])
