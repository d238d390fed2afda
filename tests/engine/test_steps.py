"""Work over threads: results in the order of the items, few begun ahead, none begun after an error or an end."""

import threading

import pytest

from napari_tiles_creator.engine.steps import carried_out, default_workers, in_order, passed_on, result_of


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_results_come_in_order_and_little_is_begun_ahead(workers):
    taken, lock, ahead = [], threading.Lock(), []

    def items():
        for number in range(100):
            with lock:
                taken.append(number)
            yield number

    for done, result in enumerate(in_order(lambda n: n * n, items(), workers)):
        assert result == done * done
        with lock:
            ahead.append(len(taken) - done)
    assert done == 99
    assert max(ahead) <= workers + 1


def test_one_worker_is_the_calling_thread():
    assert list(carried_out([threading.get_ident] * 3, 1)) == [threading.get_ident()] * 3
    assert threading.get_ident() not in set(carried_out([threading.get_ident] * 3, 2))


@pytest.mark.parametrize("workers", [1, 4])
def test_nothing_is_begun_after_an_error(workers):
    begun = []

    def work(number):
        begun.append(number)
        if number == 5:
            raise ValueError("five")

    with pytest.raises(ValueError, match="five"):
        list(in_order(work, range(1000), workers))
    assert len(begun) <= 6 + workers


@pytest.mark.parametrize("workers", [1, 4])
def test_closed_midway_it_begins_nothing_more(workers):
    begun = []
    results = in_order(begun.append, range(1000), workers)
    next(results)
    results.close()
    assert len(begun) <= 1 + workers


def test_there_is_a_worker_at_least():
    assert default_workers() >= 1


def test_steps_are_passed_on_changed_with_their_result_and_closed_with_whoever_takes_them():
    ended = []

    def steps():
        try:
            yield 1
            yield 2
            return "all"
        finally:
            ended.append(True)

    changed = passed_on(steps(), lambda step: step * 10)
    assert [next(changed), next(changed)] == [10, 20]
    assert list(passed_on(steps(), lambda step: None if step == 1 else step)) == [2]
    assert result_of(passed_on(steps(), str)) == "all"
    assert len(ended) == 2
    changed.close()
    assert len(ended) == 3
