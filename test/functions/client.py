"""Calls functions for a test: a line of JSON in, [name, word, ...], and a line of JSON out.

A word is text, or {"hex": "ff"} for bytes. The answer is {"reply": ...} or {"error": [class, text]}.
"""

import json
import sys

import redis

client = redis.Redis(unix_socket_path=sys.argv[1], decode_responses=True)
for line in sys.stdin:
    name, *words = json.loads(line)
    words = [bytes.fromhex(word["hex"]) if isinstance(word, dict) else word for word in words]
    try:
        answer = {"reply": client.fcall(name, 1, sys.argv[2], *words)}
    except redis.ResponseError as error:
        answer = {"error": [type(error).__name__, str(error)]}
    print(json.dumps(answer), flush=True)
