#!/bin/sh
# A caller of an API behind CDNetworks API Shield: the current second, and its HMAC-SHA256.
set -eu

now=$(date +%s)
signature=$(printf '%s' "$now" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)

answer=$(curl --silent --show-error --max-time 20 --write-out '\n%{http_code}' \
    --header "X-Date: $now" \
    --header "X_Sam_Auth: $signature" \
    "$BASE_URL/api")

# curl tells the status last; it belongs first.
printf '%s\n%s' "${answer##*
}" "${answer%
*}"
