"""A BBX customer: four query parameters, HMAC-SHA1 as hex text in base64; METHOD is POST (default) or GET."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

base_url = os.environ["BASE_URL"]
access_key_id = os.environ["ACCESS_KEY_ID"]
secret = os.environ["SECRET"]
method = os.environ.get("METHOD", "POST")

nonce = secrets.token_hex(4)
now = str(int(time.time()))

text = f"AccessKeyId={access_key_id}&SignatureNonce={nonce}&Timestamp={now}"
hex_text = hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest()
signature = base64.b64encode(hex_text.encode()).decode()

query = urllib.parse.urlencode(
    {"AccessKeyId": access_key_id, "SignatureNonce": nonce, "Timestamp": now, "Signature": signature}
)
request = urllib.request.Request(f"{base_url}/orders?{query}", method=method)
if method == "POST":
    request.data = json.dumps({"market": "BTC-USDT", "side": "buy", "amount": "0.25"}).encode()
    request.add_header("Content-Type", "application/json")
try:
    answer = urllib.request.urlopen(request, timeout=20)
except urllib.error.HTTPError as refusal:
    answer = refusal
with answer:
    print(answer.status, flush=True)
    sys.stdout.buffer.write(answer.read())
