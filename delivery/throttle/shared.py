"""The throttle that all workers share: the same as `LocalThrottle`, one script in Redis, by Redis's clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

import redis

from delivery.lanes import DEFAULT_SHARES, LANES
from delivery.throttle.terms import GRACE_S, SHARE_KEPT_S, WINDOW_S, Terms, terms_for
from huabao.log import get_logger

log = get_logger("throttle")

REDIS_LOST_WAIT_S = 0.5
"""What a caller waits while Redis is out of reach."""

FORGET_S = 60.0
"""An idle bucket is forgotten after this."""

_ACQUIRE = """
-- KEYS: the port's bucket, its window. Times in microseconds.
-- ARGV: interval, burst, capacity, most, tokens, lane, window, grace, share kept, forget (ms), now (or ''), a share for each lane
local interval, burst, capacity, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local tokens, lane, window, grace = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local kept, forget, now = tonumber(ARGV[9]), ARGV[10], tonumber(ARGV[11])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local lanes = #ARGV - 11

local names = {'arrival', 'total'}
for at = 1, lanes do
  names[#names + 1] = 'share' .. at
  names[#names + 1] = 'until' .. at
  names[#names + 1] = 'asked' .. at
end
local found = redis.call('HMGET', KEYS[1], unpack(names))
local arrival, total = tonumber(found[1]), tonumber(found[2]) or 0
local share, till, asked = {}, {}, {}
for at = 1, lanes do
  share[at], till[at], asked[at] = tonumber(found[3 * at]) or 0, tonumber(found[3 * at + 1]) or 0, tonumber(found[3 * at + 2]) or 0
end

for at = 1, lanes do
  if till[at] > now + 2 * interval * math.max(capacity, asked[at]) + window + grace then till[at], asked[at] = 0, 0 end
end

local owing = now + 2 * interval * capacity
if not arrival then redis.call('DEL', KEYS[2]) end
arrival = math.max(now, math.min(arrival or owing, owing))
local function split(grant)
  local colon = string.find(grant, ':', 1, true)
  return tonumber(string.sub(grant, 1, colon - 1)), tonumber(string.sub(grant, colon + 1))
end
local oldest = redis.call('LINDEX', KEYS[2], 0)
if not oldest then total = 0 end
while oldest do
  local at, granted = split(oldest)
  if at > now - window then break end
  redis.call('LPOP', KEYS[2])
  total = total - granted
  oldest = redis.call('LINDEX', KEYS[2], 0)
end

local function share_wait(of, wanted)
  local part = tonumber(ARGV[11 + of])
  if part <= 0 then return math.huge end
  return math.max(share[of], now) + interval / part * wanted - now - interval / part * math.max(burst, wanted) - kept
end

local function room_wait(wanted)
  local longest = arrival + interval * wanted - now - interval * math.max(capacity, wanted)
  local too_many = total + wanted - most
  if too_many <= 0 then return longest end
  for _, grant in ipairs(redis.call('LRANGE', KEYS[2], 0, too_many - 1)) do
    local at, granted = split(grant)
    too_many = too_many - granted
    if too_many <= 0 then return math.max(longest, at + window - now) end
  end
  return math.max(longest, window)
end

local wait = room_wait(tokens)
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
  local patience = room_wait(ahead + tokens)
  if mine > 0 then patience = math.min(patience, mine) end
  wait = math.max(wait, math.max(5000, patience))
end

if wait > 0 then
  till[lane], asked[lane] = math.max(till[lane], now + wait + grace), tokens
else
  arrival, total = arrival + interval * tokens, total + tokens
  redis.call('RPUSH', KEYS[2], string.format('%.0f:%d', now, tokens))
  local part = tonumber(ARGV[11 + lane])
  if part > 0 then share[lane] = math.min(math.max(share[lane], now) + interval / part * tokens, now + interval / part * burst + kept) end
  if till[lane] <= now + grace then till[lane], asked[lane] = 0, 0 end
end
redis.call('HSET', KEYS[1], 'arrival', string.format('%.2f', arrival), 'total', total,
  'share' .. lane, string.format('%.2f', share[lane]), 'until' .. lane, string.format('%.0f', till[lane]), 'asked' .. lane, asked[lane])
redis.call('PEXPIRE', KEYS[1], forget)
redis.call('PEXPIRE', KEYS[2], forget)
return string.format('%.0f', math.ceil(math.max(wait, 0)))
"""

_GIVE_BACK = """
local found = redis.call('LRANGE', KEYS[2], -64, -1)
for at = #found, 1, -1 do
  if string.sub(found[at], -#ARGV[1] - 1) == ':' .. ARGV[1] then
    redis.call('LREM', KEYS[2], -1, found[at])
    redis.call('HINCRBY', KEYS[1], 'total', -ARGV[1])
    redis.call('HINCRBYFLOAT', KEYS[1], 'arrival', -ARGV[1] * ARGV[2])
    return
  end
end
"""


class RedisThrottle:
    """The throttle that all workers share.

    Args:
        client: of the Redis that all workers use.
        clock: seconds, instead of Redis's own clock.
    """

    def __init__(self, client: redis.Redis, clock: Callable[[], float] | None = None) -> None:
        self.shares: Mapping[str, float] = DEFAULT_SHARES
        self._acquire = client.register_script(_ACQUIRE)
        self._give_back = client.register_script(_GIVE_BACK)
        self._clock = clock
        self._said_at = -math.inf

    def acquire(self, key: str, tokens: int, *, rate: float, burst: int, lane: str = "bulk") -> float:
        """See `Throttle.acquire`; while Redis is out of reach, a wait."""
        wanted = terms_for(tokens, rate, burst)
        forget_ms = int(1000 * max(FORGET_S, 4 * wanted.full_s(tokens)))
        now: int | str = "" if self._clock is None else round(self._clock() * 1e6)
        arguments = [*_numbers(wanted), tokens, LANES.index(lane) + 1, WINDOW_S * 1e6, GRACE_S * 1e6, SHARE_KEPT_S * 1e6, forget_ms, now]
        try:
            wait_us = self._acquire(keys=_redis_keys(key), args=[*arguments, *(self.shares.get(one, 0.0) for one in LANES)])
        except redis.RedisError as error:
            self._say(error)
            return REDIS_LOST_WAIT_S
        return int(wait_us) / 1e6

    def give_back(self, key: str, tokens: int, *, rate: float, burst: int) -> None:
        """See `Throttle.give_back`; lost with Redis, which only makes us slower."""
        wanted = terms_for(tokens, rate, burst)
        try:
            self._give_back(keys=_redis_keys(key), args=[tokens, wanted.interval_s * 1e6])
        except redis.RedisError as error:
            self._say(error)

    def _say(self, error: redis.RedisError) -> None:
        if time.monotonic() - self._said_at > 10:
            self._said_at = time.monotonic()
            log.error("redis is out of reach, nothing is sent", error=str(error))


def _numbers(wanted: Terms) -> tuple[float, int, float, int]:
    return wanted.interval_s * 1e6, wanted.burst, wanted.capacity, wanted.most


def _redis_keys(key: str) -> list[str]:
    return [f"huabao:throttle:{{{key}}}", f"huabao:throttle:{{{key}}}:window"]
