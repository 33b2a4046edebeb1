-- Gives back what a reader took but never handed out, without counting a delivery, and forgets the reader once nothing
-- of it is pending. Returns how many were dropped instead. KEYS: stream. ARGV: group, consumer, maxlen, ids that are still being handled.
local out, dropped = {}, 0
for i = 4, #ARGV do out[ARGV[i]] = true end
for _, entry in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1000, ARGV[2])) do
  if not out[entry[1]] and give_back(KEYS[1], ARGV[1], entry[1], 0, math.huge, ARGV[3]) then dropped = dropped + 1 end
end
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
  redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
end
return dropped
