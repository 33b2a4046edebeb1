-- What the scripts of the key-value store share. A script refuses before it writes, so an error reply means that
-- nothing changed; errors of the first write are handed on as they are, with their code (OOM, READONLY).

-- An error reply if the key holds something that is not ours to touch, such as a list.
local function foreign(key)
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'none' and kind ~= 'string' then
    return redis.error_reply('WRONGTYPE the key holds a ' .. kind)
  end
end

-- How often we wrote the key; '0' if only others did.
local function count(companion)
  local n = redis.pcall('GET', companion)
  return type(n) == 'string' and n or '0'
end

-- Counts a write. A counter that is not there starts from the time in microseconds, which is more than one that was
-- deleted earlier had reached: a write takes longer than that.
local function bump(companion)
  local n = redis.pcall('INCR', companion)
  if n == 1 or type(n) == 'table' then
    local now = redis.call('TIME')
    redis.call('SET', companion, now[1] .. string.format('%06d', now[2]))
  end
end

-- Whether the condition holds. The digest is computed only if the counter is right.
local function holds(key, companion, condition, version)
  if condition == 'always' then return true end
  local value = redis.call('EXISTS', key) == 1
  if condition == 'absent' then return not value end
  local n = count(companion) .. '-'
  return value and string.sub(version, 1, #n) == n and version == n .. redis.sha1hex(redis.call('GET', key))
end
