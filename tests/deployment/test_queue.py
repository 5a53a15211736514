"""The batching queue: computed, and at work; both follow the same rule."""

import asyncio
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.deployment.batcher import Batcher
from helpers.deployment.queueing import poisson_arrivals, serve


def seconds(size):
    return 1.0 + 0.1 * size


def by_small_steps(arrivals, max_batch, window, step=1 / 64):
    """The same rule with a clock that ticks; all times of the tests are multiples of a tick."""
    waiting, done, free, clock, i = [], {}, 0.0, 0.0, 0
    while len(done) < len(arrivals):
        while i < len(arrivals) and arrivals[i] <= clock:
            waiting.append(i)
            i += 1
        ready = waiting and (len(waiting) >= max_batch or clock >= arrivals[waiting[0]] + window)
        if ready and clock >= free:
            batch, waiting = waiting[:max_batch], waiting[max_batch:]
            free = clock + 1 + len(batch) / 8
            done |= dict.fromkeys(batch, free)
        clock += step
    return np.array([done[k] for k in range(len(arrivals))])


ticks = st.lists(st.integers(0, 300), min_size=1, max_size=25)


@given(ticks, st.integers(1, 6), st.integers(0, 100))
def test_it_is_what_a_clock_gives(come, max_batch, window):
    arrivals = np.sort(come) / 64
    served = serve(arrivals, lambda size: 1 + size / 8, max_batch, window / 64)
    np.testing.assert_array_equal(served.latency + arrivals, by_small_steps(arrivals, max_batch, window / 64))


@given(ticks, st.integers(1, 6), st.integers(0, 100))
def test_every_request_is_served_once_in_order_and_no_batch_is_too_large(come, max_batch, window):
    arrivals = np.sort(come) / 64
    served = serve(arrivals, seconds, max_batch, window / 64)
    assert served.sizes.sum() == len(arrivals)
    assert served.sizes.max() <= max_batch
    assert (served.waited >= 0).all()
    assert (np.diff(arrivals + served.latency) >= 0).all()
    own = np.repeat(1 + 0.1 * served.sizes, served.sizes)
    np.testing.assert_allclose(served.latency - served.waited, own)


def test_one_by_one_is_the_queue_of_the_textbook():
    """Random arrivals, constant times: mean wait = load · time / (2 (1 - load)) (Pollaczek, Khinchine)."""
    arrivals = poisson_arrivals(200_000, 0.7, np.random.default_rng(0))
    served = serve(arrivals, lambda size: 1.0)
    assert served.waited.mean() == pytest.approx(0.7 / (2 * 0.3), rel=0.03)


def test_above_the_limit_it_answers_as_many_as_it_can():
    arrivals = poisson_arrivals(3000, 100, np.random.default_rng(0))
    assert serve(arrivals, seconds, 10).throughput == pytest.approx(10 / seconds(10), rel=0.01)


@pytest.mark.parametrize(
    ("arrivals", "options"),
    [([], {}), ([2.0, 1.0], {}), ([1.0], {"max_batch": 0}), ([1.0], {"window": -1})],
)
def test_what_is_no_queue_is_refused(arrivals, options):
    with pytest.raises(ValueError, match=r"ascending|max_batch"):
        serve(np.array(arrivals), seconds, **options)


# At work


def asked(batcher, rows, pause=0.0):
    """The answers to rows that come one after the other, or at once."""

    async def all_of_them():
        worker = asyncio.create_task(batcher.run())
        tasks = []
        for row in rows:
            tasks.append(asyncio.create_task(batcher(np.array(row))))
            await asyncio.sleep(pause)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        worker.cancel()
        return answers

    return asyncio.run(asyncio.wait_for(all_of_them(), 30))


def doubled(X):
    return list(2 * X[:, 0])


def test_everyone_gets_the_own_answer_in_batches_that_are_not_too_large():
    batcher = Batcher(doubled, max_batch=4)
    assert asked(batcher, [[i] for i in range(11)]) == [2 * i for i in range(11)]
    assert sum(batcher.sizes) == 11
    assert max(batcher.sizes) <= 4


def test_what_came_while_it_worked_goes_together():
    def slow(X):
        time.sleep(0.3)
        return doubled(X)

    batcher = Batcher(slow, max_batch=8)
    assert asked(batcher, [[i] for i in range(6)], pause=0.01) == [0, 2, 4, 6, 8, 10]
    assert batcher.sizes == [1, 5]


def test_a_window_waits_and_a_full_batch_does_not():
    batcher = Batcher(doubled, max_batch=3, window=20.0)
    begin = time.monotonic()
    asked(batcher, [[i] for i in range(6)], pause=0.001)
    assert batcher.sizes == [3, 3]
    assert time.monotonic() - begin < 15


def test_an_error_reaches_those_of_its_batch_and_no_other():
    def fails_at_seven(X):
        if (X == 7).any():
            raise RuntimeError("seven")
        return doubled(X)

    answers = asked(Batcher(fails_at_seven, max_batch=1), [[1], [7], [2]])
    assert (answers[0], answers[2]) == (2, 4)
    assert str(answers[1]) == "seven"


def test_too_few_answers_are_an_error_for_all_of_the_batch():
    answers = asked(Batcher(lambda X: [1], max_batch=3, window=0.2), [[1], [2], [3]])
    assert [type(one) for one in answers] == [ValueError] * 3


def test_who_has_gone_does_not_stop_the_others():
    async def leave_one():
        batcher = Batcher(doubled, max_batch=3, window=0.1)
        worker = asyncio.create_task(batcher.run())
        tasks = [asyncio.create_task(batcher(np.array([i]))) for i in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        answers = await asyncio.gather(tasks[0], tasks[2])
        worker.cancel()
        return answers

    assert asyncio.run(asyncio.wait_for(leave_one(), 30)) == [0, 4]


@pytest.mark.parametrize("options", [{"max_batch": 0}, {"window": -0.1}])
def test_what_is_no_batcher_is_refused(options):
    with pytest.raises(ValueError, match="max_batch"):
        Batcher(doubled, **options)
