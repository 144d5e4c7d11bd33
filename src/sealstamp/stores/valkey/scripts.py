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

CLAIM: Final = (
    _HERE
    + """
-- KEYS: the life key, then one for each claim.
-- ARGV, in ms: the caller's time, how far it may be from this one, how long each claim shall stay.
if redis.call('GET', KEYS[1]) ~= 'open ' .. id then return {'lost'} end
if math.abs(now - ARGV[1]) > tonumber(ARGV[2]) then return {'clock', now} end
local made = {}
for i = 2, #KEYS do
  made[i - 1] = redis.call('SET', KEYS[i], '', 'NX', 'PX', ARGV[i + 1]) and '1' or '0'
end
return {'done', table.concat(made)}
"""
)
"""Make claims. Replies ``done`` and a 1 for each that was made, a 0 for each that was there."""

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
