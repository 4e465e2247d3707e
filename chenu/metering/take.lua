-- Takes calls of one caller, all or none: the rate per minute by GCRA, and the quota of the month.
--
-- KEYS[1]  a hash: `t` the theoretical arrival time in microseconds, `m` the month (12 * year +
--          month - 1), `u` the calls used in it
-- ARGV[1]  microseconds between two calls, 0: no rate
-- ARGV[2]  the burst, in calls
-- ARGV[3]  the calls of a month, -1: no quota, -2: not counted by month at all
-- ARGV[4]  the calls to take; 0 only looks, a negative number gives back
-- ARGV[5]  business time minus system time, in seconds
-- ARGV[6], ARGV[7]  a month and the calls used in it according to the database
--
-- Answers {outcome, available, used, microseconds to wait, month, day, now}, the day and the
-- microseconds of now counted from 1970.
local SERVED, RATE, QUOTA, UNKNOWN = 0, 1, 2, 3
local TTL_SECONDS, RATE_TTL_SECONDS = 259200, 150
local MINUTE = 60000000

local interval, burst, quota = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local calls = tonumber(ARGV[4])
local is_counted = quota > -2

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local stored = redis.call('HMGET', KEYS[1], 't', 'm', 'u')

-- The calendar: days since 1970 to year and month (Hinnant's civil_from_days).
local day = math.floor((time[1] + ARGV[5]) / 86400)
local shifted = day + 719468
local era_day = shifted % 146097
local year_of_era = math.floor((era_day - math.floor(era_day / 1460) + math.floor(era_day / 36524)
    - math.floor(era_day / 146096)) / 365)
local day_of_year = era_day - (365 * year_of_era + math.floor(year_of_era / 4)
    - math.floor(year_of_era / 100))
local from_march = math.floor((5 * day_of_year + 2) / 153)
local month = 12 * (math.floor(shifted / 146097) * 400 + year_of_era) + from_march + 2

local used, is_changed = 0, calls ~= 0
if is_counted then
    local stored_month = tonumber(stored[2])
    if stored_month == month then
        used = tonumber(stored[3])
    elseif stored_month == nil or stored_month > month then
        stored_month = nil
    end
    if tonumber(ARGV[6]) == month then
        stored_month, used, is_changed = month, math.max(used, tonumber(ARGV[7])), true
    end
    if stored_month == nil then
        return {UNKNOWN, -1, 0, 0, month, day, now}
    end
end

local tolerance = interval * burst
-- A clock that was set back must not lock anybody out.
local arrival = math.min(tonumber(stored[1]) or 0, now + MINUTE + tolerance)
local outcome, wait = SERVED, 0
if calls > 0 and quota >= 0 and used + calls > quota then
    outcome = QUOTA
elseif calls > 0 and interval > 0 and arrival + calls * interval > now + tolerance then
    outcome, wait = RATE, arrival + calls * interval - now - tolerance
else
    -- More calls than the burst: possible after that much more idle time, and paid for afterwards,
    -- so that no minute ever sees more than rate and burst.
    if calls > 0 then
        arrival = math.max(arrival, now)
    end
    arrival = arrival + calls * interval
    used = math.max(used + calls, 0)
end

if is_changed and (outcome == SERVED or ARGV[6]) then
    if is_counted then
        redis.call('HSET', KEYS[1], 't', string.format('%.0f', arrival), 'm', month, 'u', used)
        redis.call('EXPIRE', KEYS[1], TTL_SECONDS)
    else
        redis.call('HSET', KEYS[1], 't', string.format('%.0f', arrival))
        redis.call('EXPIRE', KEYS[1], RATE_TTL_SECONDS)
    end
end

local available = -1
if interval > 0 then
    available = math.max(0, math.floor((tolerance - math.max(0, arrival - now)) / interval))
end
return {outcome, available, used, wait, month, day, now}
