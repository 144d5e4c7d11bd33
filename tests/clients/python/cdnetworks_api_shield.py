"""A caller of an API behind CDNetworks API Shield: the current second, and its HMAC-SHA256."""

import hashlib
import hmac
import os
import sys
import time
import urllib.error
import urllib.request

base_url = os.environ["BASE_URL"]
secret = os.environ["SECRET"]

now = str(int(time.time()))
signature = hmac.new(secret.encode(), now.encode(), hashlib.sha256).hexdigest()

request = urllib.request.Request(f"{base_url}/api", headers={"X-Date": now, "X_Sam_Auth": signature})
try:
    answer = urllib.request.urlopen(request, timeout=20)
except urllib.error.HTTPError as refusal:
    answer = refusal
with answer:
    print(answer.status, flush=True)
    sys.stdout.buffer.write(answer.read())
