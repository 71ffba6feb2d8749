"""`python -m jobs.standin --port 8765`: serves the invented world until Ctrl-C."""

import argparse
import time

from jobs.standin.server import serving

parser = argparse.ArgumentParser(description="A stand-in for Apify's HTTP API over an invented world.")
parser.add_argument("--host", default="127.0.0.1", help="where to listen")
parser.add_argument("--port", type=int, default=8765)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--run-seconds", type=float, default=0.05, help="how long each run takes")
options = parser.parse_args()

with serving(host=options.host, port=options.port, seed=options.seed, run_seconds=options.run_seconds) as server:
    print(f"APIFY_API_BASE_URL={server.url}\nAPIFY_TOKEN={server.token}", flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass
