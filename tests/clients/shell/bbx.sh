#!/bin/sh
# A BBX customer: four query parameters, HMAC-SHA1 as hex text in base64; METHOD is POST (default) or GET.
set -eu

nonce=$(openssl rand -hex 4)
now=$(date +%s)

signature=$(printf 'AccessKeyId=%s&SignatureNonce=%s&Timestamp=%s' "$ACCESS_KEY_ID" "$nonce" "$now" |
    openssl dgst -sha1 -hmac "$SECRET" -r | cut -d' ' -f1 | tr -d '\n' | openssl base64 -A)
escaped=$(printf '%s' "$signature" | sed 's/+/%2B/g; s|/|%2F|g; s/=/%3D/g')

if [ "${METHOD:-POST}" = POST ]; then
    set -- --header 'Content-Type: application/json' \
        --data '{"market": "BTC-USDT", "side": "buy", "amount": "0.25"}'
else
    set -- --request "$METHOD"
fi
answer=$(curl --silent --show-error --max-time 20 --write-out '\n%{http_code}' "$@" \
    "$BASE_URL/orders?AccessKeyId=$ACCESS_KEY_ID&SignatureNonce=$nonce&Timestamp=$now&Signature=$escaped")

# curl tells the status last; it belongs first.
printf '%s\n%s' "${answer##*
}" "${answer%
*}"
