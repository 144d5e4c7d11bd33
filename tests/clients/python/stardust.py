"""A Stardust customer: POST a JSON body, signed with md5 over time, secret and AccessKey ID."""

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request

base_url = os.environ["BASE_URL"]
access_key_id = os.environ["ACCESS_KEY_ID"]
secret = os.environ["SECRET"]

now_ms = str(time.time_ns() // 1_000_000)
signature = hashlib.md5(f"{now_ms}&{secret}&{access_key_id}".encode()).hexdigest()

request = urllib.request.Request(
    f"{base_url}/tasks",
    data=json.dumps({"project": "street-scenes", "page": 1}).encode(),
    headers={
        "Content-Type": "application/json",
        "X-STARDUST-KEY": access_key_id,
        "X-TS": now_ms,
        "X-SIGN": signature,
    },
    method="POST",
)
try:
    answer = urllib.request.urlopen(request, timeout=20)
except urllib.error.HTTPError as refusal:
    answer = refusal
with answer:
    print(answer.status, flush=True)
    sys.stdout.buffer.write(answer.read())
