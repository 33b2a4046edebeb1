-- Gives one entry back. Returns whether it was dropped instead. KEYS: stream. ARGV: group, id, max, maxlen.
return give_back(KEYS[1], ARGV[1], ARGV[2], 1, ARGV[3], ARGV[4]) and 1 or 0
