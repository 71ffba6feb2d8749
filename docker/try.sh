#!/bin/sh
# Tries docker-compose.yml for real: a first night is finished, the dashboard lets its user in, and every service that
# is killed comes back. Takes ten to twenty minutes; ends what it started, volumes too.
set -eu
cd "$(dirname "$0")/.."
export COMPOSE_PROJECT_NAME=toxwatch-try
compose() { docker-compose "$@"; }
trap 'compose down --volumes --timeout 20' EXIT

within() { # seconds, what is waited for, command
    seconds=$1 what=$2; shift 2
    until "$@" > /dev/null 2>&1; do
        seconds=$((seconds - 3))
        [ $seconds -gt 0 ] || { echo "not within its time: $what" >&2; compose ps; compose logs --tail 30; exit 1; }
        sleep 3
    done
    echo "ok: $what"
}
finished() { # how many nights
    compose exec -T airflow-scheduler toxwatch status --json | grep -o '"monitor": {' | wc -l
}
has_nights() { [ "$(finished)" -ge "$1" ]; }
is_healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q "$1")")" = healthy ]; }
runs() { [ "$(docker inspect -f '{{.State.Running}}' "$(compose ps -q "$1")")" = true ]; }
answers() { compose exec -T dashboard python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8050/healthz')"; }

compose build
compose up -d
within 600 "the first night is finished" has_nights 1
within 120 "the dashboard reads it" answers
compose exec -T dashboard python - <<'PYTHON'
import http.cookiejar, re, urllib.parse, urllib.request
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
address = "http://127.0.0.1:8050"
token = re.search(r'name="token" value="([^"]+)"', opener.open(f"{address}/login").read().decode())[1]
password = open("/data/secrets/dashboard").read().strip()
form = urllib.parse.urlencode({"name": "admin", "password": password, "token": token}).encode()
assert opener.open(f"{address}/login?next=/accounts", form).read().startswith(b'["')
print("ok: its user signs in and sees the accounts")
PYTHON
for service in postgres airflow-api airflow-scheduler airflow-dag-processor airflow-triggerer apify-stand-in dashboard; do
    docker kill "$(compose ps -q $service)" > /dev/null
    docker start "$(compose ps -q $service)" > /dev/null # what the engine's restart policy does after a crash
    within 60 "$service runs again" runs $service
done
for service in postgres airflow-api dashboard; do within 180 "$service is healthy again" is_healthy $service; done
night=$(date -u -d '5 days ago' +%F) # the first one is yesterday's, or the one before
compose exec -T airflow-scheduler airflow dags trigger nightly --conf "{\"night\": \"$night\"}" > /dev/null
within 600 "another night is finished after all that" has_nights 2
