import json
import sys

import requests
import sseclient

url, key, last = sys.argv[1:]
headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {key}"}
if last:
    headers["Last-Event-ID"] = last
print("connecting", flush=True)
with requests.get(url, headers=headers, stream=True) as response:
    for event in sseclient.SSEClient(response).events():
        json.loads(event.data)
        print(event.event, event.id, event.data, sep="\t", flush=True)
