"""The scripts that Valkey runs, each as one step that nothing comes between.

A shard's **life key** holds ``open`` and the replication id of the primary at which the life was opened. That id is
another one after every restart and every promotion, and the key is gone after a flush; a slot that moves to another
node meets another id there. So where the key says what it should, nothing that was claimed in this life is forgotten.

The key expires unless some node looks every few seconds, and every claim expires later than that: a store whose clock
jumps ahead, and drops claims early, has dropped the key first.
"""

from __future__ import annotations

from typing import Final

_HERE: Final = """
local info = redis.call('INFO', 'replication')
local id = string.match(info, 'master_replid:(%w+)')
if not id or not string.find(info, 'role:master', 1, true) then return {'replica'} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

_OPEN: Final = """
if redis.call('GET', KEYS[1]) ~= 'open ' .. id then return {'lost'} end
if math.abs(now - ARGV[1]) > tonumber(ARGV[2]) then return {'clock', now} end
"""

CLAIM: Final = (
    _HERE
    + _OPEN
    + """
-- KEYS: the life key, then one for each claim.
-- ARGV, in ms: the caller's time, how far it may be from this one, how long each claim shall stay.
local made = {}
for i = 2, #KEYS do
  made[i - 1] = redis.call('SET', KEYS[i], '', 'NX', 'PX', ARGV[i + 1]) and '1' or '0'
end
return {'done', table.concat(made)}
"""
)
"""Make claims. Replies ``done`` and a 1 for each that was made, a 0 for each that was there."""

COUNT: Final = (
    _HERE
    + _OPEN
    + """
-- KEYS: the life key, then one for each window.
-- ARGV, in ms: the caller's time, how far it may be from this one; for each window 1, or -1 to take one back, then the
-- time that counts, the amount that is allowed, and in how much time.
-- It is the window of keys/limits.py: a period's number, its count, and the count of the period before.
local apart = 2 * ARGV[2]
local function find(key, number, time, per)
  local at, count, before = string.match(redis.call('GET', key) or '', '^(%d+) (%d+) (%d+)$')
  if not at then return number, 0, 0 end
  at, count, before = tonumber(at), tonumber(count), tonumber(before)
  if at == number - 1 then return number, 0, count end
  -- A clock that is a little behind stays in the period that another one has reached.
  if at == number or (at > number and at * per - time <= per + apart) then return at, count, before end
  return number, 0, 0
end
local function fade(before, left, per)
  local rest = before % per
  local part = rest * left
  return (before - rest) / per * left + (part - part % per) / per  -- exact: nothing here exceeds 2^53
end
local said = {}
for i = 2, #KEYS do
  local change, time = tonumber(ARGV[4 * i - 5]), tonumber(ARGV[4 * i - 4])
  local amount, per = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local number = (time - time % per) / per
  local at, count, before = find(KEYS[i], number, time, per)
  local left = per - math.max(time - at * per, 0)
  said[i - 1] = '0'
  if change > 0 and fade(before, left, per) + count >= amount then
    said[i - 1] = string.format('%d/%d/%d', count, before, left)
  else
    if change > 0 or at == number then
      count = math.max(count + change, 0)
    else
      before = math.max(before + change, 0)
    end
    local stays = (at + 2) * per - time + apart
    redis.call('SET', KEYS[i], string.format('%d %d %d', at, count, before), 'PX', stays)
  end
end
return {'done', table.concat(said, ' ')}
"""
)
"""Count in windows. Replies ``done`` and a 0 for each that had room, else its counts and how much of it is left."""

LOOK: Final = (
    _HERE
    + """
-- KEYS: the life key. ARGV: how long it shall stay, in ms.
local memory = redis.call('INFO', 'memory')
local most = string.match(memory, 'maxmemory:(%d+)')
local policy = string.match(memory, 'maxmemory_policy:([%w-]+)')
if most ~= '0' and policy ~= 'noeviction' then return {'evicts', now} end
if redis.call('GET', KEYS[1]) ~= 'open ' .. id then return {'lost', now} end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {'here', now}
"""
)
"""Tell whether the life is here, and prolong it; and what time it is."""

FILL: Final = (
    _HERE
    + """
-- KEYS: the life key, then one for each claim.
-- ARGV: what the life key must hold, and what it shall hold; how long it and each claim shall stay, in ms.
local was = redis.call('GET', KEYS[1])
if (ARGV[1] == '' and was) or (ARGV[1] ~= '' and was ~= ARGV[1] .. ' ' .. id) then return {'lost', now} end
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], '', 'PX', ARGV[i + 2])
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. id, 'PX', ARGV[3])
return {'done', now}
"""
)
"""Begin a life, with claims from before it; in several steps where they are many."""

PROBE: Final = (
    _HERE
    + """
-- KEYS: one that nobody uses. Does all that the other scripts do.
redis.call('SET', KEYS[1], '', 'NX', 'PX', 1000)
redis.call('GET', KEYS[1])
redis.call('PEXPIRE', KEYS[1], 1)
return {'done', now}
"""
)
"""Tell whether scripts may do what they have to; and what time it is."""
