-- Removes all keys, or none. KEYS: value, companion, value, companion, ...
for i = 1, #KEYS, 2 do
  local wrong = foreign(KEYS[i])
  if wrong then return wrong end
end
for i = 1, #KEYS do redis.call('DEL', KEYS[i]) end
return redis.status_reply('OK')
