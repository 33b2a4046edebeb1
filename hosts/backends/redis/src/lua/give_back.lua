-- Lua unpacks some 8000 values at most, and a script that fails settles nothing. Another program's entry of more is dropped.
local most = 7900
-- Takes an entry off the pending list of a group and appends it again, for that group alone, as a delivery that counts
-- `more` further. Returns its id if that would be more than `max`, or if it has more than `most` values: it is dropped. An
-- entry that is settled already, or trimmed away, stays so.
local function give_back(stream, group, id, more, max, maxlen)
  if #redis.call('XPENDING', stream, group, id, id, 1) == 0 then return nil end
  local entry = redis.call('XRANGE', stream, id, id)[1]
  local attempt, fields = 1, {}
  for i = 1, entry and #entry[2] or 0, 2 do
    local name, text = entry[2][i], entry[2][i + 1]
    if name == 'attempt' then
      attempt = tonumber(text) or 1
    elseif name == 'group' then
      -- Another group's own: it was only on its way past this one.
      if text ~= group then
        redis.call('XACK', stream, group, id)
        return nil
      end
    else
      fields[#fields + 1] = name
      fields[#fields + 1] = text
    end
  end
  attempt = attempt + more
  local keep = entry and attempt <= tonumber(max) and #fields <= most
  if keep then
    redis.call('XADD', stream, 'MAXLEN', '~', maxlen, '*', 'group', group, 'attempt', attempt, unpack(fields))
  end
  redis.call('XACK', stream, group, id)
  return not keep and id or nil
end
