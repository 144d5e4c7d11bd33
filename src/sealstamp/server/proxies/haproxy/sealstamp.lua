-- Asks Sealstamp about a request: "http-request lua.sealstamp NAME-OF-THE-API".

local ADDRESSES = {
    <<for unix>>"unix@<<path>>",
    <<for tcp>>"<<authority>>",
}
local TOLD = {
    <<for identity>>"<<name>>",
    "x-request-id",
}
local SILENT = '{"type": "urn:sealstamp:problem:store_unavailable", "title": "the service cannot decide now; try again", '
    .. '"status": 503, "code": "store_unavailable"}'

-- What is about the client's connection, and what only HAProxy may say.
local NOT_SENT = {
    ["connection"] = true, ["keep-alive"] = true, ["te"] = true, ["trailer"] = true, ["upgrade"] = true,
    ["transfer-encoding"] = true, ["content-length"] = true, ["expect"] = true,
    ["x-original-method"] = true, ["x-original-uri"] = true, ["x-forwarded-proto"] = true, ["x-decide-api"] = true,
}

local asked = 0

-- HTTP/2 does not tell whether a request has a body; only where there surely is none, a digest of it can be checked.
local function has_no_body(txn, headers)
    local length = headers["content-length"]
    local is_empty = length == nil or (length[0] == "0" and length[1] == nil)
    return is_empty and headers["transfer-encoding"] == nil and txn.sf:req_ver():sub(1, 2) == "1."
end

local function question(txn, api, headers)
    local lines = {
        ["x-original-method"] = { txn.sf:method() },
        ["x-original-uri"] = { txn.sf:pathq() },
        ["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" },
        ["x-forwarded-for"] = { txn.sf:src() },
        ["x-decide-api"] = { api },
    }
    for name, values in pairs(headers) do
        if not NOT_SENT[name] and lines[name] == nil then
            lines[name] = {}
            for index = 0, #values do
                lines[name][index + 1] = values[index]
            end
        end
    end
    return lines
end

local function refuse(txn, status, headers, body)
    local reply = txn:reply({ status = status })
    for name, values in pairs(headers) do
        if not NOT_SENT[name] and name ~= "date" then
            for index = 0, #values do
                reply:add_header(name, values[index])
            end
        end
    end
    reply:set_body(body)
    txn:done(reply)
end

core.register_action("sealstamp", { "http-req" }, function(txn, api)
    local headers = txn.http:req_get_headers()
    local path = has_no_body(txn, headers) and "/decide/no-body" or "/decide"
    asked = asked % #ADDRESSES + 1
    local answer = core.httpclient():get({
        url = "http://sealstamp" .. path,
        dst = ADDRESSES[asked],
        headers = question(txn, api, headers),
        timeout = 10000,
    })
    if answer.status == 204 then
        for _, name in ipairs(TOLD) do
            local values = answer.headers[name]
            if values ~= nil then
                txn.http:req_set_header(name, values[0])
            end
        end
    elseif answer.status == 0 or answer.headers["x-request-id"] == nil then
        -- Without an answer from Sealstamp nobody is let in.
        refuse(txn, 503, { ["content-type"] = { [0] = "application/problem+json" } }, SILENT)
    else
        refuse(txn, answer.status, answer.headers, answer.body)
    end
end, 1)
