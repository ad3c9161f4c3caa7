-- wrk: the requests of a file, one body a line, each sent once. Arguments: file, how many lines to leave out, how many to take.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

local requests, at = {}, 0
local threads = {}
exhausted = 0

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  local first, count, line = tonumber(args[2]), tonumber(args[3]), 0
  for body in io.lines(args[1]) do
    line = line + 1
    if line > first + count then break end
    if line > first then requests[#requests + 1] = wrk.format(nil, nil, nil, body) end
  end
end

function request()
  at = at + 1
  if at > #requests then
    exhausted = exhausted + 1
    at = #requests
  end
  return requests[at]
end

function done(summary, latency)
  local over = 0
  for _, thread in ipairs(threads) do over = over + thread:get("exhausted") end
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"status":%d,"failed":%d,"exhausted":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, over))
end
