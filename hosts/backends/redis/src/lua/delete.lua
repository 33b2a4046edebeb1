-- Removes if the condition holds. Returns whether the key was there (1 or 0), or nil.
-- KEYS: value, companion. ARGV: condition, version.
local wrong = foreign(KEYS[1])
if wrong then return wrong end
if not holds(KEYS[1], KEYS[2], ARGV[1], ARGV[2]) then return false end
local there = redis.call('DEL', KEYS[1])
redis.call('DEL', KEYS[2])
return there
