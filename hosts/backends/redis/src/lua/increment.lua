-- Adds to a counter and keeps its lifetime. Returns the sum, or nil if the value is not canonical decimal text.
-- Redis adds, because Lua's numbers have 53 bits. KEYS: value, companion. ARGV: delta.
local old = redis.pcall('GET', KEYS[1])
if type(old) == 'table' then return old end
if old and old ~= '0' and not string.find(old, '^%-?[1-9]%d*$') then return false end
local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(sum) == 'table' then return sum end
bump(KEYS[2])
-- Redis 7 has the moment itself. What is left of it can change between two questions.
local at = redis.pcall('PEXPIRETIME', KEYS[1])
local left = type(at) == 'number' and at or redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PERSIST', KEYS[2])
elseif left == at then
  redis.call('PEXPIREAT', KEYS[2], at)
elseif redis.call('PTTL', KEYS[2]) ~= left then
  redis.call('PEXPIRE', KEYS[2], left)
end
if math.abs(sum) < 2 ^ 53 then return sum end
return redis.call('GET', KEYS[1])
