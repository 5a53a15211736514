"""The watch: the index, its threshold, and what it sees."""

import numpy as np
import pytest

from helpers.deployment.drift import DriftMonitor, psi


def test_the_index_is_a_sum_over_bins_that_does_not_care_for_the_direction():
    p, q = np.array([10, 30, 60]), np.array([40, 40, 20])
    P, Q = (p + 0.5) / (p + 0.5).sum(), (q + 0.5) / (q + 0.5).sum()
    assert psi(p, q) == pytest.approx(sum((Q - P) * np.log(Q / P)))
    assert psi(p, q) == pytest.approx(psi(q, p))
    assert psi(p, q) > psi(p, p) == 0
    assert np.isfinite(psi(np.array([0, 10]), np.array([10, 0])))


def test_the_monitor_computes_the_index_of_each_feature():
    rng = np.random.default_rng(0)
    X, window = rng.normal(size=(500, 3)), rng.normal(0.5, 1, size=(40, 3))
    monitor = DriftMonitor(X, bins=4)
    for j, score in enumerate(monitor.scores(window)):
        edges = [-np.inf, *np.quantile(X[:, j], (0.25, 0.5, 0.75)), np.inf]
        counts = [np.histogram(-values, -np.array(edges)[::-1])[0] for values in (X[:, j], window[:, j])]
        assert score == pytest.approx(psi(*counts))


def test_features_with_few_values_or_one_are_watched_too():
    X = np.column_stack([np.zeros(100), np.arange(100) % 2, np.arange(100)]).astype(float)
    monitor = DriftMonitor(X)
    np.testing.assert_allclose(monitor.scores(X), 0)
    for j in range(3):
        changed = X.copy()
        changed[:, j] = 1000
        scores = monitor.scores(changed)
        assert scores[j] > 1
        np.testing.assert_allclose(np.delete(scores, j), 0)


@pytest.mark.parametrize("share", [0.01, 0.1])
def test_false_alarms_are_about_as_many_as_were_asked_for(share):
    rng = np.random.default_rng(0)
    monitor = DriftMonitor(rng.normal(size=(2000, 5)))
    monitor.calibrate(rng.normal(size=(5000, 5)), 100, share, rng, draws=2000)
    rings = np.mean([monitor.alarm(rng.normal(size=(100, 5))) for _ in range(2000)])
    assert share / 2 < rings < 2 * share


def test_a_threshold_belongs_to_a_size_of_window():
    rng = np.random.default_rng(0)
    monitor = DriftMonitor(rng.normal(size=(1000, 5)))
    small, large = (monitor.calibrate(rng.normal(size=(500, 5)), n, 0.01, rng) for n in (20, 200))
    assert small > 3 * large
    assert monitor.threshold == large


def test_more_drift_is_a_higher_index():
    rng = np.random.default_rng(0)
    monitor = DriftMonitor(rng.normal(size=(1000, 1)))
    window = rng.normal(size=(200, 1))
    scores = [monitor.scores(window + by)[0] for by in (0.0, 0.5, 1.0, 2.0)]
    assert scores == sorted(scores)


def test_what_cannot_be_is_told():
    monitor = DriftMonitor(np.eye(5))
    with pytest.raises(ValueError, match="calibrate first"):
        monitor.alarm(np.eye(5))
    with pytest.raises(ValueError, match="6 rows cannot be drawn from 5"):
        monitor.calibrate(np.eye(5), 6, 0.01, np.random.default_rng(0))
    for odd in (np.zeros((0, 3)), np.zeros(3)):
        with pytest.raises(ValueError, match="table"):
            DriftMonitor(odd)
