"""A watch on what comes in: does a window of new rows still look like the rows that were trained on?

Each feature's values are sorted into bins, and the shares of the bins are compared: the population stability
index. A rule of thumb calls 0.2 a drift; but the index grows by chance alone when the window is small or the
features are many. So the threshold is taken from windows without drift, for the false alarms that one is
ready to bear. Labels are not needed, and wrong answers are not seen.
"""

from __future__ import annotations

import numpy as np

__all__ = ["DriftMonitor", "psi"]


def psi(expected: np.ndarray, observed: np.ndarray) -> float:
    """The population stability index Σ (q - p) ln(q / p) of the shares p and q of bins.

    expected, observed: how many rows each bin has (bins,). Half a row is added to each, so that an empty bin
    has a logarithm.
    Source: Siddiqi, *Credit Risk Scorecards*, 2006; it is Jeffreys' divergence of 1946.

    >>> psi(np.array([50, 50]), np.array([50, 50]))
    0.0
    >>> round(psi(np.array([50, 50]), np.array([80, 20])), 2)
    0.41
    """
    p, q = (np.asarray(rows, float) + 0.5 for rows in (expected, observed))
    return float(terms(p / p.sum(), q / q.sum()).sum())


def terms(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """What each bin adds to the index."""
    return (q - p) * np.log(q / p)


class DriftMonitor:
    """Compares a window of rows with the rows X (n, features) that were trained on, feature by feature.

    The bins of a feature are cut at quantiles of X, so that each holds about the same number of its rows; a
    value that is one of them belongs to the bin below: so a pixel that was always 0 has bins for 0 and above.
    `threshold` is None until `calibrate` sets it; `alarm` compares the largest index of all features with it.

    >>> rng = np.random.default_rng(0)
    >>> monitor = DriftMonitor(rng.normal(size=(1000, 3)))
    >>> threshold = monitor.calibrate(rng.normal(size=(500, 3)), size=50, false_alarms=0.01, rng=rng)
    >>> window = rng.normal(size=(50, 3))
    >>> monitor.alarm(window), monitor.alarm(window + [0, 0, 2])
    (False, True)
    """

    def __init__(self, X: np.ndarray, bins: int = 10) -> None:
        X = np.asarray(X, float)
        if X.ndim != 2 or not len(X):
            raise ValueError(f"X is a table (n, features) with at least one row, got shape {X.shape}.")
        inner = np.quantile(X, np.linspace(0, 1, bins + 1)[1:-1], axis=0).T
        self.edges = [np.unique(row) for row in inner]
        self._bins = np.array([len(row) + 1 for row in self.edges])
        self._starts = np.cumsum(self._bins) - self._bins  # the bins of all features in one row
        self._expected = self._shares(self._codes(X))
        self.threshold: float | None = None

    def scores(self, X: np.ndarray) -> np.ndarray:
        """The index of each feature for a window X (m, features)."""
        return self._scores(self._codes(np.asarray(X, float)))

    def calibrate(
        self,
        X: np.ndarray,
        size: int,
        false_alarms: float,
        rng: np.random.Generator,
        draws: int = 1000,
    ) -> float:
        """Set and return the threshold that this share of windows without drift exceeds.

        X: rows without drift that the monitor has not seen (n, features); windows of `size` are drawn of it.
        Raises ValueError when X has fewer than `size` rows.
        """
        if len(X) < size:
            raise ValueError(f"A window of {size} rows cannot be drawn from {len(X)}.")
        codes = self._codes(np.asarray(X, float))
        highest = [self._scores(codes[rng.choice(len(X), size, replace=False)]).max() for _ in range(draws)]
        self.threshold = float(np.quantile(highest, 1 - false_alarms))
        return self.threshold

    def alarm(self, X: np.ndarray) -> bool:
        """Whether a window of as many rows as in `calibrate` is unlike the rows of the start."""
        if self.threshold is None:
            raise ValueError("The monitor has no threshold yet: call calibrate first.")
        return bool(self.scores(X).max() > self.threshold)

    def _codes(self, X: np.ndarray) -> np.ndarray:
        """The bin of each value, counted through all features (n, features)."""
        codes = [np.searchsorted(edges, X[:, j], side="left") for j, edges in enumerate(self.edges)]
        return np.array(codes).T + self._starts

    def _shares(self, codes: np.ndarray) -> np.ndarray:
        """The share of the rows in each bin, half a row added."""
        counts = np.bincount(codes.ravel(), minlength=self._bins.sum()) + 0.5
        return counts / np.repeat(len(codes) + self._bins / 2, self._bins)

    def _scores(self, codes: np.ndarray) -> np.ndarray:
        return np.add.reduceat(terms(self._expected, self._shares(codes)), self._starts)
