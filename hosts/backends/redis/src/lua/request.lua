-- Appends a request if somebody reads. Returns its id, or nil. KEYS: stream, readers. ARGV: maxlen, fields.
if redis.call('ZCOUNT', KEYS[2], now(), '+inf') == 0 then return false end
return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 2))
