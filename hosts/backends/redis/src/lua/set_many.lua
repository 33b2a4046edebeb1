-- Writes all pairs, or none. KEYS: value, companion, value, companion, ... ARGV: values.
for i = 1, #KEYS, 2 do
  local wrong = foreign(KEYS[i])
  if wrong then return wrong end
end
for i = 1, #KEYS, 2 do
  local done = redis.pcall('SET', KEYS[i], ARGV[(i + 1) / 2])
  if done.err then return done end
  bump(KEYS[i + 1])
  redis.call('PERSIST', KEYS[i + 1])
end
return redis.status_reply('OK')
