import json
import sys

import httpx
from httpx_sse import connect_sse

url, key, last = sys.argv[1:]
headers = {"Authorization": f"Bearer {key}"}
if last:
    headers["Last-Event-ID"] = last
print("connecting", flush=True)
with httpx.Client(timeout=None) as client, connect_sse(client, "GET", url, headers=headers) as source:
    for event in source.iter_sse():
        json.loads(event.data)
        print(event.event, event.id, event.data, sep="\t", flush=True)
