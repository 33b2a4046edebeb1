-- Finds where to read from, and makes the group if there is one to make. Returns the id behind which to read.
-- KEYS: stream. ARGV: group or '', id or '' for the newest.
local from = ARGV[2]
if from == '' then
  local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
  from = newest and newest[1] or '0-0'
end
if ARGV[1] ~= '' then
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], from, 'MKSTREAM')
  if made.err and not string.find(made.err, '^%-?BUSYGROUP') then return made end
end
return from
