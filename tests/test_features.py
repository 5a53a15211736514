"""Transformers: scikit-learn's numbers to 1e-12, nothing learnt outside `fit`, clear refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import decomposition, impute, pipeline, preprocessing
from sklearn.linear_model import LogisticRegression

from helpers import data, features
from helpers.splits import stratified_holdout
from tests.thorough import examples

RNG = np.random.default_rng(0)
# Eighths: exact in binary, so that two ways of computing a tiny variance differ by rounding only.
numbers = st.integers(-800, 800).map(lambda v: v / 8)
tables = st.tuples(st.integers(2, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=numbers)
)


def for_all(*strategies):
    """Hypothesis' `given`, with as many examples as take a moment."""
    return lambda test: settings(max_examples=examples(40))(given(*strategies)(test))


def agree(a, b, atol=1e-12):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=atol)


SCALERS = [
    ("StandardScaler", {}),
    ("StandardScaler", {"with_mean": False}),
    ("StandardScaler", {"with_std": False}),
    ("MinMaxScaler", {}),
    ("MinMaxScaler", {"feature_range": (-1, 2)}),
    ("MinMaxScaler", {"clip": True}),
    ("RobustScaler", {}),
    ("RobustScaler", {"with_centering": False, "quantile_range": (10.0, 80.0)}),
    ("RobustScaler", {"with_scaling": False}),
]


def both(name, kwargs):
    return getattr(features, name)(**kwargs), getattr(preprocessing, name)(**kwargs)


@pytest.mark.parametrize(("name", "kwargs"), SCALERS)
def test_scalers(name, kwargs):
    ours, theirs = both(name, kwargs)

    @for_all(tables)
    def run(X):
        before = X.copy()
        a, b = ours.fit_transform(X), theirs.fit_transform(X)
        agree(a, b, atol=1e-11)
        X_new = X[::-1] * 1.5 + 1
        agree(ours.transform(X_new), theirs.transform(X_new), atol=1e-11)
        if "clip" not in kwargs:
            agree(ours.inverse_transform(a), X, atol=1e-10)
        np.testing.assert_array_equal(X, before)

    run()


@pytest.mark.parametrize("load", [data.load_wine, data.load_breast_cancer, data.load_digits])
@pytest.mark.parametrize(("name", "kwargs"), SCALERS)
def test_scalers_on_real_sets(load, name, kwargs):
    X, _ = load()
    ours, theirs = both(name, kwargs)
    agree(ours.fit(X[::2]).transform(X[1::2]), theirs.fit(X[::2]).transform(X[1::2]))
    agree(ours.scale_, np.ones(X.shape[1]) if theirs.scale_ is None else theirs.scale_)


def test_what_the_scalers_learn():
    X, _ = data.load_wine()
    for name, learnt in (
        ("StandardScaler", ["mean_", "var_", "scale_"]),
        ("MinMaxScaler", ["data_min_", "data_max_", "data_range_", "min_", "scale_"]),
        ("RobustScaler", ["center_", "scale_"]),
    ):
        ours, theirs = both(name, {})
        for attribute in learnt:
            agree(getattr(ours.fit(X), attribute), getattr(theirs.fit(X), attribute))


def test_a_constant_column_does_not_blow_up():
    X = np.column_stack([np.full(9, 0.1), np.full(9, 1e8 + 0.1), np.arange(9)])
    for name in ("StandardScaler", "MinMaxScaler", "RobustScaler"):
        ours, theirs = both(name, {})
        out = ours.fit_transform(X)
        agree(out, theirs.fit_transform(X), atol=1e-7)
        assert np.abs(out[:, :2]).max() < 1e-7


def test_transform_learns_nothing_from_new_data():
    X, _ = data.load_wine()
    for transformer in (features.StandardScaler(), features.RobustScaler(), features.PCA(3)):
        transformer.fit(X[:100])
        together = transformer.transform(X[100:])
        one_by_one = np.vstack([transformer.transform(row[None]) for row in X[100:]])
        agree(together, one_by_one)


COLOURS = np.array([["red", "small"], ["blue", "large"], ["red", "medium"], ["green", "small"]], dtype=object)


@pytest.mark.parametrize("drop", [None, "first"])
@pytest.mark.parametrize("X", [COLOURS, COLOURS.astype(str), np.array([[3, 1], [1, 1], [2, 7]])])
def test_one_hot(drop, X):
    ours = features.OneHotEncoder(drop=drop).fit(X)
    theirs = preprocessing.OneHotEncoder(drop=drop, sparse_output=False).fit(X)
    np.testing.assert_array_equal(ours.transform(X), theirs.transform(X))
    assert ours.transform(X).dtype == np.float64
    assert ours.get_feature_names_out() == theirs.get_feature_names_out().tolist()
    for a, b in zip(ours.categories_, theirs.categories_, strict=True):
        np.testing.assert_array_equal(a, b)


@for_all(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")), min_size=1, max_size=20))
def test_one_hot_has_a_single_one_in_each_block(rows):
    encoder = features.OneHotEncoder()
    out = encoder.fit_transform(rows)
    first = len(encoder.categories_[0])
    assert (out[:, :first].sum(axis=1) == 1).all()
    assert (out[:, first:].sum(axis=1) == 1).all()
    back = [
        [encoder.categories_[0][r[:first].argmax()], encoder.categories_[1][r[first:].argmax()]] for r in out
    ]
    assert [tuple(r) for r in back] == rows


def test_one_hot_unknown_categories():
    new = np.array([["red", "tiny"], ["pink", "small"]], dtype=object)
    ours = features.OneHotEncoder(handle_unknown="ignore").fit(COLOURS)
    theirs = preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(COLOURS)
    np.testing.assert_array_equal(ours.transform(new), theirs.transform(new))
    with pytest.raises(
        ValueError, match=r"unknown category 'tiny' in row 0, column 1; .*\['large', 'medium'"
    ):
        features.OneHotEncoder().fit(COLOURS).transform(new)


def test_given_categories_keep_their_order_and_their_length():
    order = [["blue", "red", "green", "ultraviolet"], ["small", "medium", "large"]]
    for X in (COLOURS, COLOURS.astype(str)):
        ours = features.OrdinalEncoder(categories=order).fit_transform(X)
        np.testing.assert_array_equal(ours, [[1, 0], [0, 2], [1, 1], [2, 0]])
        np.testing.assert_array_equal(ours, preprocessing.OrdinalEncoder(categories=order).fit_transform(X))
        one_hot = features.OneHotEncoder(categories=order).fit(X)
        assert one_hot.transform(X).shape == (4, 7)
        assert one_hot.get_feature_names_out()[3] == "x0_ultraviolet"
    with pytest.raises(ValueError, match="unknown category 'green'"):
        features.OneHotEncoder(categories=[["red", "blue"], order[1]]).fit(COLOURS)


def test_ordinal_unknown_value():
    ours = features.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(COLOURS)
    assert ours.transform([["pink", "small"]]).tolist() == [[-1.0, 2.0]]


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("interaction_only", [False, True])
@pytest.mark.parametrize("include_bias", [False, True])
def test_polynomial_features(degree, interaction_only, include_bias):
    if degree == 0 and not include_bias:
        return
    kwargs = {"interaction_only": interaction_only, "include_bias": include_bias}
    for d in (1, 2, 5):
        X = RNG.normal(size=(7, d))
        ours, theirs = (
            features.PolynomialFeatures(degree, **kwargs),
            preprocessing.PolynomialFeatures(degree, **kwargs),
        )
        agree(ours.fit_transform(X), theirs.fit_transform(X))
        np.testing.assert_array_equal(ours.powers_, theirs.powers_)
        assert ours.get_feature_names_out() == theirs.get_feature_names_out().tolist()
    assert (
        ours.get_feature_names_out(list("abcde"))[-1:]
        == theirs.get_feature_names_out(list("abcde")).tolist()[-1:]
    )


def with_gaps(X, share, seed):
    rng = np.random.default_rng(seed)
    X = X.copy()
    X[rng.random(X.shape) < share] = np.nan
    X[0] = 1.0
    return X


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent", "constant"])
@pytest.mark.parametrize("add_indicator", [False, True])
def test_imputer(strategy, add_indicator):
    kwargs = {"strategy": strategy, "add_indicator": add_indicator}
    fill = {"fill_value": 2.5} if strategy == "constant" else {}

    @for_all(tables, st.integers(0, 1000))
    def run(X, seed):
        train, new = with_gaps(X, 0.4, seed), with_gaps(X, 0.2, seed + 1)
        before = new.copy()
        ours = features.SimpleImputer(**kwargs, **fill).fit(train)
        theirs = impute.SimpleImputer(**kwargs, **fill).fit(train)
        agree(ours.statistics_, theirs.statistics_.astype(float))
        agree(ours.transform(train), theirs.transform(train))
        if add_indicator:  # scikit-learn refuses gaps in columns that had none in training
            new[:, ~np.isnan(train).any(axis=0)] = 0.0
        else:
            np.testing.assert_array_equal(np.isnan(before), np.isnan(new))
        agree(ours.transform(new), theirs.transform(new))

    run()


def test_imputer_fills_words_and_whole_numbers():
    words = np.array([["a"], [None], ["b"], ["b"]], dtype=object)
    assert features.SimpleImputer(strategy="most_frequent").fit_transform(words).ravel().tolist() == list(
        "abbb"
    )
    filled = features.SimpleImputer(strategy="constant", fill_value="unknown").fit_transform(words)
    assert filled.ravel().tolist() == ["a", "unknown", "b", "b"]
    encoded = features.OneHotEncoder().fit_transform(filled)
    assert encoded.shape == (4, 3)
    assert (
        features.SimpleImputer(strategy="constant", fill_value=0.5).fit([[1], [2]]).transform([[np.nan]])
        == 0.5
    )


def test_imputer_takes_the_training_mean():
    imputer = features.SimpleImputer().fit([[1.0], [3.0]])
    assert imputer.transform([[np.nan], [100.0]]).ravel().tolist() == [2.0, 100.0]


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("n_components", [None, 1, 3, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("load", [data.load_wine, data.load_iris, data.load_diabetes])
def test_pca(load, n_components, whiten):
    X = features.StandardScaler().fit_transform(load().X)
    ours = features.PCA(n_components, whiten=whiten).fit(X)
    theirs = decomposition.PCA(n_components, whiten=whiten, svd_solver="full").fit(X)
    for attribute in ("components_", "explained_variance_", "explained_variance_ratio_", "mean_"):
        agree(getattr(ours, attribute), getattr(theirs, attribute), atol=1e-11)
    agree(ours.singular_values_, theirs.singular_values_)
    agree(ours.transform(X), theirs.transform(X), atol=1e-11)
    agree(
        ours.inverse_transform(ours.transform(X)), theirs.inverse_transform(theirs.transform(X)), atol=1e-11
    )


def test_pca_explains_more_than_the_share_that_was_asked_for():
    X = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 2.0], [0.0, -2.0]])  # each direction explains exactly half
    assert features.PCA(0.5).fit(X).n_components_ == 2
    assert decomposition.PCA(0.5, svd_solver="full").fit(X).n_components_ == 2


def test_pca_of_all_directions_loses_nothing():
    X = RNG.normal(size=(20, 5))
    pca = features.PCA().fit(X)
    agree(pca.inverse_transform(pca.transform(X)), X, atol=1e-13)
    agree(pca.components_ @ pca.components_.T, np.eye(5), atol=1e-13)
    assert pca.explained_variance_ratio_.sum() == pytest.approx(1)
    flat = features.PCA(2, whiten=True).fit(np.outer(np.arange(6.0), [1.0, 1.0, 0.0]))
    assert np.isfinite(flat.transform(np.ones((1, 3)))).all()
    assert features.PCA(1).fit(np.ones((3, 2))).explained_variance_ratio_ == 0


def test_pipeline_is_scikit_learns_on_wine():
    X, y = data.load_wine()
    train, test = stratified_holdout(y, 0.3, np.random.default_rng(0))
    ours = features.make_pipeline(features.StandardScaler(), features.PCA(4), LogisticRegression())
    theirs = pipeline.make_pipeline(
        preprocessing.StandardScaler(), decomposition.PCA(4, svd_solver="full"), LogisticRegression()
    )
    ours.fit(X[train], y[train])
    theirs.fit(X[train], y[train])
    np.testing.assert_array_equal(ours.predict(X[test]), theirs.predict(X[test]))
    agree(ours.predict_proba(X[test]), theirs.predict_proba(X[test]), atol=1e-8)
    assert ours.score(X[test], y[test]) == theirs.score(X[test], y[test]) > 0.9
    agree(ours.named_steps["standardscaler"].mean_, X[train].mean(axis=0))


def test_pipeline_of_transformers_inside_a_pipeline():
    X, _ = data.load_iris()
    inner = features.make_pipeline(features.StandardScaler(), features.StandardScaler())
    assert list(inner.named_steps) == ["standardscaler-1", "standardscaler-2"]
    outer = features.Pipeline([("twice", inner), ("pca", features.PCA(2))])
    agree(outer.fit_transform(X), outer.transform(X))
    assert outer.transform(X[:3]).shape == (3, 2)


TRANSFORMERS = [
    features.StandardScaler,
    features.MinMaxScaler,
    features.RobustScaler,
    features.OneHotEncoder,
    features.OrdinalEncoder,
    features.PolynomialFeatures,
    features.SimpleImputer,
    features.PCA,
]
X3 = np.arange(12.0).reshape(4, 3) ** 2


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_every_transformer_refuses(kind):
    name = kind.__name__
    with pytest.raises(features.NotFittedError, match=rf"{name} has learnt nothing yet; call fit\(X_train\)"):
        kind().transform(X3)
    fitted = kind().fit(X3)
    with pytest.raises(ValueError, match=f"X has 2 columns, but this {name} expects 3"):
        fitted.transform(X3[:, :2])
    with pytest.raises(ValueError, match=r"got shape \(3,\); for one feature write X\[:, None\]"):
        fitted.transform(X3[0])
    with pytest.raises(ValueError, match=r"X has shape \(0, 3\)"):
        kind().fit(X3[:0])
    if kind is not features.SimpleImputer:
        X = X3.copy()
        X[2, 1] = np.nan
        with pytest.raises(
            ValueError, match=r"1 missing entries, the first in row 2, column 1; .*SimpleImputer"
        ):
            kind().fit(X)
        with pytest.raises(ValueError, match="missing"):
            fitted.transform(X)
    if kind not in (features.OneHotEncoder, features.OrdinalEncoder):
        with pytest.raises(TypeError, match=r"not numbers .* OneHotEncoder"):
            kind().fit([["a"], ["b"]])
        with pytest.raises(ValueError, match="infinite value in row 1, column 0"):
            kind().fit([[0.0], [np.inf]])


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_failing_to_fit_leaves_the_transformer_unfitted(kind):
    bad = np.array([[np.nan, 1.0], [np.nan, 2.0]])
    transformer = kind()
    with pytest.raises(ValueError, match=r"missing|no value at all"):
        transformer.fit(bad)
    with pytest.raises(features.NotFittedError):
        transformer.transform(X3)


REFUSED = [
    (lambda: features.MinMaxScaler((1, 0)), r"low < high, got \(1, 0\)"),
    (lambda: features.RobustScaler(quantile_range=(75, 25)), r"got \(75, 25\)"),
    (lambda: features.OneHotEncoder(drop="last"), "drop must be one of None, 'first'; got 'last'"),
    (lambda: features.OneHotEncoder(handle_unknown="skip"), "got 'skip'"),
    (lambda: features.OneHotEncoder(categories=[["a"]]).fit(COLOURS), "1 lists, but X has 2 columns"),
    (
        lambda: features.OneHotEncoder().fit([["a"]]).get_feature_names_out(["x", "y"]),
        "2 names, .* 1 columns",
    ),
    (lambda: features.OrdinalEncoder(unknown_value=-1), "does not go with handle_unknown='error'"),
    (lambda: features.PolynomialFeatures(-1), "degree must be at least 0"),
    (lambda: features.PolynomialFeatures(0, include_bias=False), "gives no columns"),
    (lambda: features.SimpleImputer(strategy="mode"), "got 'mode'"),
    (lambda: features.SimpleImputer(strategy="constant"), "fill_value=None does not go with"),
    (lambda: features.SimpleImputer(fill_value=0), "does not go with strategy='mean'"),
    (
        lambda: features.SimpleImputer().fit([[np.nan, 1.0]]),
        "column 0 of X has no value at all to learn its mean",
    ),
    (lambda: features.PCA(4).fit(X3), "n_components=4 is more than 3"),
    (lambda: features.PCA(0).fit(X3), "at least 1, got 0"),
    (lambda: features.PCA(1.5).fit(X3), "between 0 and 1, got 1.5"),
    (lambda: features.PCA().fit(X3[:1]), "at least 2 samples"),
    (lambda: features.PCA(2).fit(X3).inverse_transform(X3), "X has 3 columns, but this PCA expects 2"),
    (lambda: features.Pipeline([]), "at least one step"),
    (lambda: features.Pipeline([("a", features.PCA()), ("a", features.PCA())]), "must differ"),
    (lambda: features.make_pipeline(LogisticRegression(), features.PCA()), "only the last may be a model"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_refused_with_clear_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_pipeline_without_a_model_cannot_predict():
    transformers = features.make_pipeline(features.StandardScaler()).fit(X3)
    with pytest.raises(AttributeError, match=r"'standardscaler' \(StandardScaler\), has no predict\(\)"):
        transformers.predict(X3)


# At the edges of what the docstrings promise ------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_pca_settles_the_signs_in_whatever_order_the_rows_come(seed):
    X = features.StandardScaler().fit_transform(data.load_iris().X[:, :2])  # two directions, (1, ±1) / √2
    want = features.PCA().fit(X).components_
    order = np.random.default_rng(seed).permutation(len(X))
    np.testing.assert_allclose(features.PCA().fit(X[order]).components_, want, atol=1e-9)
    assert (want[:, 0] > 0).all()


@pytest.mark.parametrize(
    "column", [[1e-20, 3e-20], [1e-310, 3e-310], [-7.0, 0.1], [1e200, 3e200], [1e10, 1e10 + 1e-3]]
)
@pytest.mark.parametrize("feature_range", [(0.0, 1.0), (-0.1, 0.7)])
def test_min_max_fills_the_range_exactly(column, feature_range):
    X = np.array(column)[:, None]
    scaler = features.MinMaxScaler(feature_range).fit(X)
    assert tuple(scaler.transform(X).ravel()) == feature_range
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(X)), X, rtol=1e-14)


def test_a_column_that_is_constant_up_to_rounding_is_constant():
    X = np.array([[0.3], [0.1 + 0.2], [0.3], [0.1 + 0.2]])
    assert np.abs(features.MinMaxScaler().fit_transform(X)).max() < 1e-15
    assert np.abs(features.RobustScaler().fit_transform(X)).max() < 1e-15
    assert features.RobustScaler().fit_transform(X * 1e-20 + [[0], [1e-20], [2e-20], [3e-20]])[-1, 0] > 0.5


def test_the_standard_scaler_is_right_far_from_zero():
    X = 1e10 + np.array([[-1.0], [1], [-1], [1], [3]]) * 2.0**-9  # exact in binary
    scaler = features.StandardScaler().fit(X)
    deviations = (X - 1e10) * 2.0**9
    np.testing.assert_allclose(scaler.scale_ * 2.0**9, deviations.std(axis=0), rtol=1e-9)
    assert abs((scaler.mean_[0] - 1e10) * 2.0**9 - 0.6) < 1e-3  # as near as a float at 1e10 comes


def test_one_hot_says_when_an_unknown_category_looks_like_the_first():
    encoder = features.OneHotEncoder(drop="first", handle_unknown="ignore").fit([["a"], ["b"]])
    with pytest.warns(UserWarning, match=r"unknown categories in columns \[0\]"):
        assert encoder.transform([["c"]]).tolist() == [[0.0]]


@pytest.mark.parametrize("kind", [features.OneHotEncoder, features.OrdinalEncoder])
def test_categories_that_are_given_twice_or_not_at_all_are_refused(kind):
    with pytest.raises(ValueError, match="column 0 has 'a' twice"):
        kind(categories=[["a", "b", "a"]]).fit([["a"]])
    with pytest.raises(ValueError, match="empty list for column 0"):
        kind(categories=[[]]).fit([["a"]])


@pytest.mark.parametrize("gap", [float("nan"), None])
@pytest.mark.parametrize("name", ["SimpleImputer", "OneHotEncoder", "OrdinalEncoder"])
def test_a_missing_word_does_not_become_a_word(name, gap):
    imputer = features.SimpleImputer(strategy="most_frequent")
    assert imputer.fit_transform([["b"], [gap], ["b"], ["a"]]).tolist() == [["b"], ["b"], ["b"], ["a"]]
    given = imputer if name == "SimpleImputer" else getattr(features, name)()
    with pytest.raises(ValueError, match="writes for a missing entry among words"):
        given.fit(np.array([["a"], [gap], [gap], ["b"]], dtype=str))


def test_numbers_that_cannot_be_squared_are_refused():
    X = np.array([[1e300], [2e300]])
    for refusing in (features.StandardScaler(), features.PCA()):
        with pytest.raises(ValueError, match="as large as 2e"):
            refusing.fit(X)
    with pytest.raises(ValueError, match="larger than a number can be"):
        features.PolynomialFeatures(2).fit_transform(X)
