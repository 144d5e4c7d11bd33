"""A TaurusX customer asking for performance data: md5 over the secret and the md5 of the time."""

import hashlib
import os
import sys
import time
import urllib.error
import urllib.request


def md5_hex(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


base_url = os.environ["BASE_URL"]
access_key_id = os.environ["ACCESS_KEY_ID"]
secret = os.environ["SECRET"]

now = str(int(time.time()))

request = urllib.request.Request(f"{base_url}/openapi/performance_data")
request.add_header("access-key", access_key_id)
request.add_header("timestamp", now)
request.add_header("token", md5_hex(secret + md5_hex(now)))
try:
    answer = urllib.request.urlopen(request, timeout=20)
except urllib.error.HTTPError as refusal:
    answer = refusal
with answer:
    print(answer.status, flush=True)
    sys.stdout.buffer.write(answer.read())
