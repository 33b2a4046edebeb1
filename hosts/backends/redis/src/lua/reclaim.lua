-- Gives back what a reader that is gone left pending, and forgets that reader. Returns how many were dropped instead.
-- XPENDING instead of XAUTOCLAIM, so that each such delivery counts, and so that Redis 6.0 can do it.
-- KEYS: stream. ARGV: group, least idle time in milliseconds, max, maxlen.
local dropped, gone = 0, {}
for _, entry in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1000)) do
  if entry[3] >= tonumber(ARGV[2]) then
    gone[entry[2]] = true
    if give_back(KEYS[1], ARGV[1], entry[1], 1, ARGV[3], ARGV[4]) then dropped = dropped + 1 end
  end
end
for consumer in pairs(gone) do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, consumer) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer)
  end
end
return dropped
