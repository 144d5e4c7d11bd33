#!/bin/sh
# A Stardust customer who took the header names from the page's sample request: _ts and _sign.
set -eu

now_ms=$(date +%s%3N)
signature=$(printf '%s&%s&%s' "$now_ms" "$SECRET" "$ACCESS_KEY_ID" | openssl dgst -md5 -r | cut -d' ' -f1)

answer=$(curl --silent --show-error --max-time 20 --write-out '\n%{http_code}' \
    --header 'Content-Type: application/json' \
    --header "X-STARDUST-KEY: $ACCESS_KEY_ID" \
    --header "_ts: $now_ms" \
    --header "_sign: $signature" \
    --data '{"project": "street-scenes", "page": 1}' \
    "$BASE_URL/tasks")

# curl tells the status last; it belongs first.
printf '%s\n%s' "${answer##*
}" "${answer%
*}"
