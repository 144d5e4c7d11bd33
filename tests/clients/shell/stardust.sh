#!/bin/sh
# A Stardust customer: POST a JSON body, signed with md5 over time, secret and AccessKey ID.
set -eu

now_ms=$(date +%s%3N)
signature=$(printf '%s&%s&%s' "$now_ms" "$SECRET" "$ACCESS_KEY_ID" | openssl dgst -md5 -r | cut -d' ' -f1)

answer=$(curl --silent --show-error --max-time 20 --write-out '\n%{http_code}' \
    --header 'Content-Type: application/json' \
    --header "X-STARDUST-KEY: $ACCESS_KEY_ID" \
    --header "X-TS: $now_ms" \
    --header "X-SIGN: $signature" \
    --data '{"project": "street-scenes", "page": 1}' \
    "$BASE_URL/tasks")

# curl tells the status last; it belongs first.
printf '%s\n%s' "${answer##*
}" "${answer%
*}"
