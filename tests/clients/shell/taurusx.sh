#!/bin/sh
# A TaurusX customer asking for performance data: md5 over the secret and the md5 of the time.
set -eu

md5_hex() {
    printf '%s' "$1" | openssl dgst -md5 -r | cut -d' ' -f1
}

now=$(date +%s)
token=$(md5_hex "$SECRET$(md5_hex "$now")")

answer=$(curl --silent --show-error --max-time 20 --write-out '\n%{http_code}' \
    --header "access-key: $ACCESS_KEY_ID" \
    --header "timestamp: $now" \
    --header "token: $token" \
    "$BASE_URL/openapi/performance_data")

# curl tells the status last; it belongs first.
printf '%s\n%s' "${answer##*
}" "${answer%
*}"
