/**
 * What has to happen in Redis in one step. Every value is `<batch number>\n<row>\n<row before that batch>`, where a row is
 * `<event ms>,<created ms>,<text>` or nothing. `committed` is the number of the last committed batch, then those that were given up: `12,7,9`.
 */
const COMMON = `
local function split(text) return string.match(text, '^(%d+)\\n([^\\n]*)\\n([^\\n]*)$') end

-- Whichever of two rows counts; the first when both are equally late.
local function later(a, b)
  if a == '' then return b end
  if b == '' then return a end
  local a_event, a_created = string.match(a, '^(-?%d+),(-?%d+),')
  local b_event, b_created = string.match(b, '^(-?%d+),(-?%d+),')
  if a_event ~= b_event then return tonumber(a_event) > tonumber(b_event) and a or b end
  return tonumber(a_created) >= tonumber(b_created) and a or b
end

local committed, given_up = 0, {}
local function read_committed(text)
  for number in string.gmatch(text or '0', '%d+') do given_up[number] = true end
  local first = string.match(text or '0', '^%d+')
  given_up[first] = nil
  committed = tonumber(first)
end
-- 'new', 'old' or 'open': which row of a value is read, or that it belongs to the batch that is being written.
local function standing(number)
  if given_up[number] then return 'old' end
  return tonumber(number) <= committed and 'new' or 'open'
end
`;

/** KEYS: committed, open, counter. ARGV: batch. Answers the entity staged last, '' at the beginning. */
export const BEGIN = `
if redis.call('HGET', KEYS[2], 'batch') == ARGV[1] then return redis.call('HGET', KEYS[2], 'after') end
local lost = redis.call('HGET', KEYS[2], 'number')
if lost then redis.call('SET', KEYS[1], (redis.call('GET', KEYS[1]) or '0') .. ',' .. lost) end
redis.call('HSET', KEYS[2], 'batch', ARGV[1], 'number', redis.call('INCR', KEYS[3]), 'after', '')
return ''
`;

/** KEYS: committed, open, rows. ARGV: batch, last entity, rows. Answers 0 when the batch is not the open one. */
export const STAGE = `${COMMON}
if redis.call('HGET', KEYS[2], 'batch') ~= ARGV[1] then return 0 end
local number = redis.call('HGET', KEYS[2], 'number')
read_committed(redis.call('GET', KEYS[1]))
for at = 3, #KEYS do
  local row, readable, staged = ARGV[at], '', ''
  local value = redis.call('GET', KEYS[at])
  if value then
    local of, new, old = split(value)
    local is = standing(of)
    readable = is == 'new' and new or old
    staged = is == 'open' and new or ''
  end
  redis.call('SET', KEYS[at], number .. '\\n' .. later(row, later(staged, readable)) .. '\\n' .. readable)
end
redis.call('HSET', KEYS[2], 'after', ARGV[2])
return 1
`;

/** KEYS: committed, rows. ARGV: nothing, rows. What a batch has staged of an entity stays staged, unless it is older. */
export const PUSH = `${COMMON}
read_committed(redis.call('GET', KEYS[1]))
for at = 2, #KEYS do
  local row = ARGV[at]
  local value = redis.call('GET', KEYS[at])
  local pushed = '0\\n' .. row .. '\\n'
  if value then
    local of, new, old = split(value)
    local is = standing(of)
    if is == 'open' then pushed = of .. '\\n' .. later(row, new) .. '\\n' .. later(row, old)
    else pushed = '0\\n' .. later(row, is == 'new' and new or old) .. '\\n' end
  end
  redis.call('SET', KEYS[at], pushed)
end
return 1
`;

/** KEYS: committed, open. ARGV: batch. Answers 0 when the batch is not the open one. */
export const COMMIT = `
if redis.call('HGET', KEYS[2], 'batch') ~= ARGV[1] then return 0 end
local given_up = string.match(redis.call('GET', KEYS[1]) or '0', ',.*$') or ''
redis.call('SET', KEYS[1], redis.call('HGET', KEYS[2], 'number') .. given_up)
redis.call('DEL', KEYS[2])
return 1
`;

/** KEYS: open, committed, row. ARGV: entity. An open batch that stands at the entity is given up, as by BEGIN. Answers how much went. */
export const FORGET = `
local gone = redis.call('DEL', KEYS[3])
if redis.call('HGET', KEYS[1], 'after') == ARGV[1] then
  redis.call('SET', KEYS[2], (redis.call('GET', KEYS[2]) or '0') .. ',' .. redis.call('HGET', KEYS[1], 'number'))
  redis.call('DEL', KEYS[1])
  gone = gone + 1
end
return gone
`;

/** KEYS: open. Answers the entity that its batch staged last. */
export const STANDS_AT = `return redis.call('HGET', KEYS[1], 'after') or ''`;
