"""The stored sets are scikit-learn's and can be made again byte for byte; the drawn ones are as told."""

import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn import datasets

from course import make_data
from helpers import data

LOADERS = {name: getattr(data, f"load_{name}") for name in make_data.NAMES}
DRAWN = [data.two_moons, data.circle, data.xor, data.spiral, data.blobs, data.noisy_polynomial]


@pytest.mark.parametrize("name", make_data.NAMES)
def test_stored_set_is_scikit_learns(name):
    ours, theirs = LOADERS[name](), getattr(datasets, f"load_{name}")()
    X, y = ours
    assert X.dtype == np.float64
    assert y.dtype == (np.float64 if name == "diabetes" else np.int64)
    if name == "diabetes":
        np.testing.assert_allclose(X, theirs.data, rtol=0, atol=1e-14)
    else:
        np.testing.assert_array_equal(X, theirs.data)
        np.testing.assert_array_equal(ours.target_names, theirs.target_names)
    np.testing.assert_array_equal(y, theirs.target)
    assert ours.feature_names == list(theirs.feature_names)


def test_diabetes_in_original_units():
    theirs = datasets.load_diabetes(scaled=False)
    np.testing.assert_array_equal(data.load_diabetes(scaled=False).X, theirs.data)


@pytest.mark.parametrize("name", make_data.NAMES)
def test_writing_into_a_set_spoils_nobody_elses(name):
    before = LOADERS[name]()
    before.X[:] = -1
    before.feature_names[0] = "mine"
    after = LOADERS[name]()
    assert after.X.max() > 0
    assert after.feature_names[0] != "mine"


def test_files_can_be_made_again_byte_for_byte(tmp_path, capsys):
    make_data.main(tmp_path)
    assert capsys.readouterr().out.count("KB") == len(make_data.NAMES)
    for name in make_data.NAMES:
        made, stored = (folder / f"{name}.npz" for folder in (tmp_path, make_data.DATA))
        assert made.read_bytes() == stored.read_bytes(), f"run python -m course.make_data: {name}.npz is old"
        assert stored.stat().st_size < 70_000


def test_bytes_of_a_file_do_not_depend_on_the_clock(tmp_path, monkeypatch):
    arrays = {"X": np.arange(12.0).reshape(3, 4)}
    make_data.write_npz(tmp_path / "now.npz", arrays)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    make_data.write_npz(tmp_path / "later.npz", arrays)
    assert (tmp_path / "now.npz").read_bytes() == (tmp_path / "later.npz").read_bytes()


def test_smallest_keeps_every_number():
    for values in ([0, 255], [0, 256], [-1, 0], [0.5], [np.nan]):
        np.testing.assert_array_equal(make_data.smallest(np.array(values)), np.array(values, dtype=float))


def test_import_pulls_in_nothing_large():
    code = (
        "import sys; from helpers import data, splits, features, metrics; data.load_digits(); "
        "print([m for m in ('sklearn', 'scipy', 'torch', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("draw", DRAWN)
def test_drawn_data(draw):
    X, y = draw(101, rng=np.random.default_rng(3))
    assert X.shape == (101, 1 if draw is data.noisy_polynomial else 2)
    assert y.shape == (101,)
    assert X.dtype == np.float64
    again = draw(101, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(X, again[0])
    np.testing.assert_array_equal(y, again[1])
    other, _ = draw(101, rng=np.random.default_rng(4))
    assert not np.array_equal(X, other)
    if draw is not data.noisy_polynomial:
        assert y.dtype == np.int64
        assert sorted(set(y)) == list(range(y.max() + 1))
        assert (y[:-1] != y[1:]).mean() > 0.2, "rows should come in random order"
    if draw not in (data.noisy_polynomial, data.xor):
        assert np.ptp(np.bincount(y)) <= 1


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize(
    ("kwargs", "error", "words"),
    [
        ({"n": 0}, ValueError, "n must be at least"),
        ({"n": 10.0}, TypeError, "n must be a whole number, got 10.0"),
        ({"noise": -1}, ValueError, "noise must be a number of at least 0"),
        ({"noise": float("nan")}, ValueError, "noise"),
        ({"rng": 7}, TypeError, r"write rng=np.random.default_rng\(7\)"),
        ({"rng": None}, TypeError, "numpy.random.Generator, got None"),
    ],
)
def test_drawn_data_refuses(draw, kwargs, error, words):
    with pytest.raises(error, match=words):
        draw(**{"n": 20, "rng": np.random.default_rng(0), **kwargs})


def test_noise_is_a_standard_deviation():
    rng = np.random.default_rng(0)
    X, y = data.blobs(20_000, noise=0.5, centers=np.array([[3.0, -3.0]]), rng=rng)
    np.testing.assert_allclose(X.std(axis=0), 0.5, atol=0.01)
    X, y = data.noisy_polynomial(20_000, noise=0.5, coefficients=(1.0, 0.0, 2.0), rng=rng)
    assert np.std(y - 1 - 2 * X[:, 0] ** 2) == pytest.approx(0.5, abs=0.01)


def _sorted_rows(X, y):
    rows = np.column_stack([y, X.round(12) + 0.0])
    return rows[np.lexsort(rows.T)]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (data.two_moons, lambda n: datasets.make_moons(n, noise=None)),
        (data.circle, lambda n: datasets.make_circles(n, noise=None, factor=0.5)),
    ],
)
@pytest.mark.parametrize("n", [2, 50, 51])
def test_without_noise_the_points_are_scikit_learns(ours, theirs, n):
    X, y = ours(n, noise=0.0, rng=np.random.default_rng(0))
    np.testing.assert_allclose(_sorted_rows(X, y), _sorted_rows(*theirs(n)), atol=1e-11)


def test_xor_has_the_class_of_its_quadrant():
    X, y = data.xor(400, noise=0.0, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(y, (np.sign(X[:, 0]) != np.sign(X[:, 1])).astype(int))
    assert 150 < y.sum() < 250


def test_spiral_arms_do_not_touch():
    X, y = data.spiral(600, noise=0.0, turns=1.5, n_classes=2, rng=np.random.default_rng(1))
    outer = np.hypot(*X.T) > 0.3
    a, b = X[outer & (y == 0)], X[outer & (y == 1)]
    nearest = np.linalg.norm(a[:, None] - b[None], axis=2).min()
    assert 0.2 < nearest < 1 / 3
    assert np.hypot(*X.T).max() == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda rng: data.circle(10, factor=1.0, rng=rng), "between 0 and 1; got 1.0"),
        (lambda rng: data.spiral(10, turns=0.0, rng=rng), "turns must be a positive number"),
        (lambda rng: data.spiral(2, n_classes=3, rng=rng), "n must be at least 3, got 2"),
        (lambda rng: data.blobs(10, centers=np.zeros(3), rng=rng), r"shape \(k, d\), got shape \(3,\)"),
        (lambda rng: data.noisy_polynomial(10, coefficients=(), rng=rng), "at least one"),
        (lambda rng: data.near_copies(1798, 1, rng), "at most 1797"),
        (lambda rng: data.near_copies(3, 0, rng), "copies must be at least 1"),
        (lambda rng: data.near_copies(3, 2, rng, moved=1.5), "between 0 and 1; got 1.5"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call(np.random.default_rng(0))


def test_near_copies_are_near_and_copies():
    X, y, picture = data.near_copies(n_pictures=300, copies=5, rng=np.random.default_rng(0))
    assert X.shape == (1500, 64)
    assert X.min() >= 0
    assert X.max() <= 16
    np.testing.assert_array_equal(np.bincount(picture), np.full(300, 5))
    for p in range(300):
        assert len(set(y[picture == p])) == 1
    squares = (X**2).sum(axis=1)
    distance = (
        squares[:, None] + squares - 2 * X @ X.T
    )  # squared: the array of all differences has a gigabyte
    np.fill_diagonal(distance, np.inf)
    assert (picture[distance.argmin(axis=1)] == picture).mean() > 0.9


def test_near_copies_without_noise_are_digits_moved_by_one_pixel():
    originals = {row.tobytes() for row in data.load_digits().X}
    still, _, _ = data.near_copies(40, 2, np.random.default_rng(0), noise=0.0, moved=0.0)
    assert all(row.tobytes() in originals for row in still)
    moved, _, _ = data.near_copies(40, 2, np.random.default_rng(0), noise=0.0, moved=1.0)
    still, moved = still.reshape(-1, 8, 8), moved.reshape(-1, 8, 8)
    np.testing.assert_array_equal(moved[:, :, 1:], still[:, :, :-1])
    assert not moved[:, :, 0].any()


def test_a_set_says_what_it_is():
    assert repr(data.load_digits()) == "<digits: 1797 samples, 64 features, 10 classes>"
    assert repr(data.load_diabetes()) == "<diabetes: 442 samples, 10 features, a number to predict>"
