-- Writes if the condition holds. Returns the new counter, or nil.
-- KEYS: value, companion. ARGV: value, condition, version, lifetime in milliseconds or ''.
local wrong = foreign(KEYS[1])
if wrong then return wrong end
if not holds(KEYS[1], KEYS[2], ARGV[2], ARGV[3]) then return false end
local done = redis.pcall('SET', KEYS[1], ARGV[1])
if done.err then return done end
bump(KEYS[2])
-- Before the lifetime is set: one that is over by now takes both away.
local written = redis.call('GET', KEYS[2])
if ARGV[4] == '' then
  redis.call('PERSIST', KEYS[2])
else
  -- One instant for both, so that neither outlives the other.
  local now = redis.call('TIME')
  local at = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[4])
  redis.call('PEXPIREAT', KEYS[1], at)
  redis.call('PEXPIREAT', KEYS[2], at)
end
return written
