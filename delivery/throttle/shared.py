"""The throttle that all workers share: the same as `LocalThrottle`, one script in Redis, by Redis's clock."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping

import redis

from delivery.lanes import DEFAULT_SHARES, LANES
from delivery.throttle.terms import GRACE_S, PATIENCE_S_MIN, SHARE_KEPT_S, SILENCE_S, WINDOW_S, Departure, Terms, terms, terms_for
from huabao.log import get_logger

log = get_logger("throttle")

REDIS_LOST_WAIT_S = 0.5
"""What a caller waits while Redis is out of reach."""

FORGET_S = 60.0
"""An idle bucket is forgotten after this."""

_ACQUIRE = """
-- KEYS: the port's bucket; what is on its way, by the instant of its grant; what left, by the instant at which it did. Times in microseconds.
-- ARGV: interval, burst, capacity, most, tokens (0: only be told), lane, window, grace, share kept, silence, patience, forget (ms), now (or ''),
-- ticket (or ''), the number of lanes, a share for each, then for each departure "<age> <ticket>:<tokens>"
local interval, burst, capacity, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local tokens, lane, window, grace = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local kept, silence, patience, forget, now, lanes = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), ARGV[12], tonumber(ARGV[13]), tonumber(ARGV[15])
local BUCKET, FLYING, LEFT = KEYS[1], KEYS[2], KEYS[3]

local names = {'arrival', 'total', 'seen', 'shift', 'serial'}
for at = 1, lanes do
  names[#names + 1] = 'share' .. at
  names[#names + 1] = 'until' .. at
  names[#names + 1] = 'asked' .. at
end
local found = redis.call('HMGET', BUCKET, unpack(names))
local arrival, total, seen, shift, serial = tonumber(found[1]), tonumber(found[2]) or 0, tonumber(found[3]) or 0, tonumber(found[4]) or 0, tonumber(found[5]) or 0
local share, till, asked = {}, {}, {}
for at = 1, lanes do
  share[at], till[at], asked[at] = tonumber(found[3 * at + 3]) or 0, tonumber(found[3 * at + 4]) or 0, tonumber(found[3 * at + 5]) or 0
end

-- Redis's clock is the wall's: where it is put back, ours goes on from where it was
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
now = now + shift
if now < seen then now, shift = seen, shift + seen - now end

local function tokens_of(member) return tonumber(string.match(member, ':(%d+)$')) end
local function put(key, at, member) return redis.call('ZADD', key, string.format('%.0f', at), member) end

if not arrival then
  redis.call('DEL', FLYING, LEFT)
  total = 0
end
for at = 16 + lanes, #ARGV do
  local age, member = string.match(ARGV[at], '^(%d+) (.+)$')
  if redis.call('ZREM', FLYING, member) == 1 then total = total - tokens_of(member) end
  if put(LEFT, now - tonumber(age), member) == 1 then total = total + tokens_of(member) end
end
local function let_go(key, before)
  local limit = string.format('%.0f', before)
  local gone = redis.call('ZRANGEBYSCORE', key, '-inf', limit)
  for _, member in ipairs(gone) do total = total - tokens_of(member) end
  if #gone > 0 then redis.call('ZREMRANGEBYSCORE', key, '-inf', limit) end
end
let_go(LEFT, now - window)
let_go(FLYING, now - window - silence)

local owing = now + 2 * interval * capacity
arrival = math.max(now, math.min(arrival or owing, owing))
for at = 1, lanes do
  if till[at] > now + 2 * interval * math.max(capacity, asked[at]) + window + grace then till[at], asked[at] = 0, 0 end
end

local function share_wait(of, wanted)
  local part = tonumber(ARGV[15 + of])
  if part <= 0 then return math.huge end
  return math.max(share[of], now) + interval / part * wanted - now - interval / part * math.max(burst, wanted) - kept
end

-- until the window has room, if what is on its way left when it was granted
local function window_wait(too_many)
  local last = string.format('%d', too_many - 1)
  local flying, left = redis.call('ZRANGE', FLYING, 0, last, 'WITHSCORES'), redis.call('ZRANGE', LEFT, 0, last, 'WITHSCORES')
  local f, l = 1, 1
  while f < #flying or l < #left do
    local member, at
    if l > #left or (f < #flying and tonumber(flying[f + 1]) < tonumber(left[l + 1])) then
      member, at, f = flying[f], tonumber(flying[f + 1]), f + 2
    else
      member, at, l = left[l], tonumber(left[l + 1]), l + 2
    end
    too_many = too_many - tokens_of(member)
    if too_many <= 0 then
      if at > now - window then return at + window - now end
      return patience
    end
  end
  return window
end

local function room_wait(wanted)
  local longest = arrival + interval * wanted - now - interval * math.max(capacity, wanted)
  local too_many = total + wanted - most
  if too_many <= 0 then return longest end
  return math.max(longest, window_wait(too_many))
end

local wait = 0
if tokens > 0 then
  wait = room_wait(tokens)
  local mine = share_wait(lane, tokens)
  local ahead = 0
  for other = 1, lanes do
    if other ~= lane and till[other] > now then
      local theirs = share_wait(other, asked[other]) > 0
      if theirs == (mine > 0) then
        if other < lane then ahead = ahead + asked[other] end
      elseif mine > 0 then
        ahead = ahead + asked[other]
      end
    end
  end
  if ahead > 0 then
    local after_them = room_wait(ahead + tokens)
    if mine > 0 then after_them = math.min(after_them, mine) end
    wait = math.max(wait, math.max(patience, after_them))
  end

  if wait > 0 then
    till[lane], asked[lane] = math.max(till[lane], now + wait + grace), tokens
  else
    arrival = arrival + interval * tokens
    local added
    if ARGV[14] == '' then
      serial = serial + 1
      added = put(LEFT, now, '-' .. serial .. ':' .. tokens)
    else
      added = put(FLYING, now, ARGV[14] .. ':' .. tokens)
    end
    if added == 1 then total = total + tokens end
    local part = tonumber(ARGV[15 + lane])
    if part > 0 then share[lane] = math.min(math.max(share[lane], now) + interval / part * tokens, now + interval / part * burst + kept) end
    if till[lane] <= now + grace then till[lane], asked[lane] = 0, 0 end
  end
end
redis.call('HSET', BUCKET, 'arrival', string.format('%.2f', arrival), 'total', total,
  'seen', string.format('%.0f', now), 'shift', string.format('%.0f', shift), 'serial', serial,
  'share' .. lane, string.format('%.2f', share[lane]), 'until' .. lane, string.format('%.0f', till[lane]), 'asked' .. lane, asked[lane])
for _, key in ipairs(KEYS) do
  if tokens > 0 or redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, forget) end
end
return string.format('%.0f', math.ceil(math.max(wait, 0)))
"""


class RedisThrottle:
    """The throttle that all workers share.

    What left is told with the next question, so that it costs no round trip of its own.

    Args:
        client: of the Redis that all workers use.
        clock: seconds, instead of Redis's own clock and the process's.
    """

    def __init__(self, client: redis.Redis, clock: Callable[[], float] | None = None) -> None:
        self.shares: Mapping[str, float] = DEFAULT_SHARES
        self._script = client.register_script(_ACQUIRE)
        self._clock = clock
        self._said_at = -math.inf
        self._untold: dict[str, list[Departure]] = {}
        self._lock = threading.Lock()

    def acquire(self, key: str, tokens: int, *, rate: float, burst: int, lane: str = "bulk", ticket: int | None = None) -> float:
        """See `Throttle.acquire`; while Redis is out of reach, a wait."""
        wanted = terms_for(tokens, rate, burst)
        return self._call(key, wanted, tokens, lane, ticket)

    def left(self, key: str, departures: Iterable[Departure]) -> None:
        """See `Throttle.left`."""
        with self._lock:
            self._untold.setdefault(key, []).extend(departures)

    def settle(self, key: str) -> None:
        """See `Throttle.settle`."""
        if self._untold.get(key):
            self._call(key, terms(1.0, 1), 0, LANES[-1], None)

    def _call(self, key: str, wanted: Terms, tokens: int, lane: str, ticket: int | None) -> float:
        untold = self._take_untold(key)
        forget_ms = int(1000 * max(FORGET_S, 4 * wanted.full_s(tokens)))
        now: int | str = "" if self._clock is None else round(self._clock() * 1e6)
        numbers = [*_numbers(wanted), tokens, LANES.index(lane) + 1, *_TIMES_US, forget_ms, now, "" if ticket is None else ticket]
        shares = [len(LANES), *(self.shares.get(one, 0.0) for one in LANES)]
        try:
            wait_us = self._script(keys=_redis_keys(key), args=[*numbers, *shares, *self._told(untold)])
        except redis.RedisError as error:
            self.left(key, untold)
            self._say(error)
            return REDIS_LOST_WAIT_S
        return int(wait_us) / 1e6

    def _take_untold(self, key: str) -> list[Departure]:
        if not self._untold.get(key):
            return []
        with self._lock:
            return self._untold.pop(key, [])

    def _told(self, untold: list[Departure]) -> list[str]:
        """Departures as the script takes them: how long ago, since clocks differ; without those that are history."""
        now = time.monotonic() if self._clock is None else self._clock()
        ages = ((max(0.0, now - one.at), one) for one in untold)
        return [f"{age_s * 1e6:.0f} {one.ticket}:{one.tokens}" for age_s, one in ages if age_s < WINDOW_S + SILENCE_S]

    def _say(self, error: redis.RedisError) -> None:
        if time.monotonic() - self._said_at > 10:
            self._said_at = time.monotonic()
            log.error("redis is out of reach, nothing is sent", error=str(error))


_TIMES_US = tuple(1e6 * one for one in (WINDOW_S, GRACE_S, SHARE_KEPT_S, SILENCE_S, PATIENCE_S_MIN))


def _numbers(wanted: Terms) -> tuple[float, int, float, int]:
    return wanted.interval_s * 1e6, wanted.burst, wanted.capacity, wanted.most


def _redis_keys(key: str) -> list[str]:
    bucket = f"huabao:throttle:{{{key}}}"
    return [bucket, f"{bucket}:flying", f"{bucket}:left"]
