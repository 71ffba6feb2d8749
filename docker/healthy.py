"""`healthy.py ADDRESS [SERVICE]`: fails unless the address answers; with a service, unless Airflow says it is alive."""

import json
import sys
import urllib.request
from urllib.error import HTTPError

address, *services = sys.argv[1:]
try:
    with urllib.request.urlopen(address, timeout=8) as answer:
        content = answer.read()
except HTTPError as refusal:  # without a token the stand-in refuses, so it is there
    sys.exit(refusal.code >= 500)
for service in services:
    found = json.loads(content)[service]
    if found["status"] != "healthy":
        sys.exit(f"{service}: {found}")
