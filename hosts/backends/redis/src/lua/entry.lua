-- The value and the counter of its version, both of one moment.
-- KEYS: value, companion.
local value = redis.call('GET', KEYS[1])
if not value then return false end
return { value, count(KEYS[2]) }
