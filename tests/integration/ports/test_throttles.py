"""One suite over both throttles, Redis's the real one."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from hypothesis import given, settings
from hypothesis.stateful import run_state_machine_as_test

from delivery.lanes import DEFAULT_SHARES, LANES
from delivery.throttle import REDIS_LOST_WAIT_S, Departure, LocalThrottle, RedisThrottle, Throttle, throttle_for
from huabao.config import Config
from huabao.runtime import make_runtime
from tests import servers
from tests.services.throttling import Clock, Sender, Trouble, contracts, departures_of, model, most_of, simulate, troubles, worst_second


@pytest.fixture(params=["local", "redis"])
def throttle(request: pytest.FixtureRequest) -> Iterator[Throttle]:
    """Each throttle in turn."""
    if request.param == "local":
        yield LocalThrottle()
        return
    with redis.Redis.from_url(request.getfixturevalue("redis_url")) as client:
        yield RedisThrottle(client)


def granted(acquire: Callable[[], float]) -> float:
    """Ask until it is granted; when that was."""
    while True:
        wait = acquire()
        if wait == 0.0:
            return time.monotonic()
        time.sleep(wait)


def test_many_senders_together_keep_to_the_rate(throttle: Throttle) -> None:
    rate, burst, group = 400.0, 12, 4
    grants: list[float] = []
    lock = threading.Lock()

    def send() -> None:
        for _ in range(40):
            at = granted(lambda: throttle.acquire("p", group, rate=rate, burst=burst))
            with lock:
                grants.append(at)

    with ThreadPoolExecutor(6) as pool:
        for _ in range(6):
            pool.submit(send)
    grants.sort()
    assert len(grants) == 240
    took_s = grants[-1] - grants[0]
    assert (len(grants) - 5) * group / took_s <= rate  # 960 tokens; the bucket held five groups at most


def test_all_or_nothing_and_new_buckets_owe_a_burst(throttle: Throttle) -> None:
    first = throttle.acquire("p", 10, rate=20, burst=10)
    assert 0.9 < first <= 1.1
    assert 0.0 < throttle.acquire("p", 10, rate=20, burst=10) <= first
    time.sleep(0.75)
    assert throttle.acquire("p", 3, rate=20, burst=10) == 0.0


def test_tokens_that_can_never_be_had_are_refused(throttle: Throttle) -> None:
    with pytest.raises(ValueError, match="burst"):
        throttle.acquire("p", 21, rate=20, burst=2)


def test_the_shared_throttle_agrees_with_the_model(redis_url: str) -> None:
    """The state machine of the unit tests, against Redis's script under the same clock."""
    with redis.Redis.from_url(redis_url) as client:
        keys = (f"model-{at}" for at in itertools.count())
        run_state_machine_as_test(model(lambda clock: RedisThrottle(client, clock), keys), settings=settings(max_examples=25, stateful_step_count=30, deadline=None))


def test_no_sliding_second_at_the_peer_sees_more_than_the_rate(redis_url: str) -> None:
    """The property of the unit tests, against Redis's script."""
    keys = (f"flights-{at}" for at in itertools.count())
    with redis.Redis.from_url(redis_url) as client:

        @given(contracts(), troubles())
        @settings(max_examples=15, deadline=None)
        def holds(contract: tuple[float, int], trouble: Trouble) -> None:
            rate, burst = contract
            clock = Clock()
            flights = trouble.fly(RedisThrottle(client, clock), clock, rate=rate, burst=burst, for_s=2.5, key=next(keys))
            assert worst_second(departures_of(flights)) <= most_of(rate)

        holds()


def test_what_left_is_told_with_the_next_question_or_when_there_is_none(throttle: Throttle) -> None:
    granted(lambda: throttle.acquire("p", 2, rate=4, burst=2))
    for ticket in (1, 2):
        granted(lambda ticket=ticket: throttle.acquire("p", 2, rate=4, burst=2, ticket=ticket))  # type: ignore[misc]
    time.sleep(1.0)
    assert throttle.acquire("p", 1, rate=4, burst=2) > 0.0, "they may still be on their way"
    throttle.left("p", [Departure(ticket, 2, time.monotonic() - 1.1) for ticket in (1, 2)])
    throttle.settle("p")
    assert throttle.acquire("p", 2, rate=4, burst=2) == 0.0


def test_the_wall_clock_of_redis_may_go_back(redis_url: str) -> None:
    clock = Clock()
    with redis.Redis.from_url(redis_url) as client:
        throttle = RedisThrottle(client, clock)
        for _ in range(3):
            clock.now += throttle.acquire("back", 2, rate=4, burst=2)
        clock.now -= 3600
        waits: list[float] = []
        while (wait := throttle.acquire("back", 2, rate=4, burst=2)) > 0 and len(waits) < 50:
            waits.append(wait)
            clock.now += wait
        assert sum(waits) < 2.0


@pytest.mark.parametrize(("rate", "burst"), [(2.0, 1), (50.0, 1), (292.0, 8)])
def test_both_throttles_grant_the_same(redis_url: str, rate: float, burst: int) -> None:
    """Step for step, in a crowd of all lanes; and no sliding second above the rate, every lane its share."""
    with redis.Redis.from_url(redis_url) as client:
        grants = []
        for make in (LocalThrottle, lambda clock: RedisThrottle(client, clock)):
            clock = Clock()
            crowd = [Sender(lane, burst, late_s=0.004) for lane in LANES]
            grants.append(simulate(make(clock), clock, crowd, rate=rate, burst=burst, for_s=max(4.0, 40 / rate), key=f"same-{rate}", seed=7))
    local, shared = ([(one.lane, one.tokens, round(one.at, 3)) for one in found] for found in grants)
    assert len(local) == pytest.approx(len(shared), abs=2)
    assert sum(one == two for one, two in zip(local, shared, strict=False)) >= 0.5 * len(local)  # microseconds and nanoseconds part in time
    assert worst_second(grants[1]) <= rate
    if rate > 100:
        got = {lane: sum(one.tokens for one in grants[1] if one.lane == lane) for lane in LANES}
        assert all(got[lane] >= 0.8 * share * rate * 4.0 for lane, share in DEFAULT_SHARES.items()), got


def test_redis_lost_means_wait_and_its_return_means_go() -> None:
    with servers.redis_server() as url:
        client = redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)
        throttle = RedisThrottle(client)
        granted(lambda: throttle.acquire("p", 1, rate=50, burst=1))
    assert throttle.acquire("p", 1, rate=50, burst=1) == REDIS_LOST_WAIT_S
    client.close()


def test_a_forgotten_bucket_never_sends_faster(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        throttle = RedisThrottle(client)
        granted(lambda: throttle.acquire("p", 50, rate=100, burst=50))
        client.flushall()
        assert throttle.acquire("p", 50, rate=100, burst=50) > 0.9
        assert client.ttl("huabao:throttle:{p}") > 0


def test_the_runtime_decides_which(redis_url: str) -> None:
    alone = make_runtime(Config(database_url="sqlite://"))
    shared = make_runtime(Config(database_url="sqlite://", redis_url=redis_url))
    assert isinstance(throttle_for(alone), LocalThrottle)
    assert isinstance(throttle_for(shared), RedisThrottle)
    assert throttle_for(shared) is throttle_for(shared)
