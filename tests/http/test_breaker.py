"""The circuit breaker."""

import pytest

from metarr.http.breaker import FAILURES, REST_SECONDS, Breaker, ProviderResting


def opened() -> Breaker:
    breaker = Breaker("tmdb")
    for _ in range(FAILURES):
        breaker.failed(now=0.0)
    return breaker


def test_it_opens_after_five_failures_in_a_row_and_says_for_how_long():
    breaker = opened()
    assert breaker.state(1.0) == "open"
    with pytest.raises(ProviderResting, match="left in peace for 5 min") as resting:
        breaker.check(1.0)
    assert resting.value.after.total_seconds() == REST_SECONDS - 1


def test_a_success_in_between_starts_the_count_again():
    breaker = Breaker("tmdb")
    for _ in range(FAILURES - 1):
        breaker.failed(now=0.0)
    breaker.succeeded()
    breaker.failed(now=0.0)
    assert breaker.state(0.0) == "closed"


def test_after_its_rest_two_successes_close_it():
    breaker = opened()
    breaker.check(REST_SECONDS)
    breaker.succeeded()
    assert breaker.state(REST_SECONDS) == "half-open"
    breaker.succeeded()
    assert breaker.state(REST_SECONDS) == "closed"


def test_after_its_rest_one_failure_opens_it_again():
    breaker = opened()
    breaker.succeeded()
    breaker.failed(now=REST_SECONDS)
    assert breaker.state(REST_SECONDS + 1) == "open"


def test_late_failures_do_not_prolong_the_rest():
    breaker = opened()
    breaker.failed(now=REST_SECONDS - 1)
    assert breaker.state(REST_SECONDS) == "half-open"
