#!/bin/sh
# Tests docker-compose.yml for real: a first night finishes, its user can sign in to the dashboard, and every killed service
# comes back. Takes ten to twenty minutes; removes everything it started, volumes too.
set -eu
cd "$(dirname "$0")/.."
export COMPOSE_PROJECT_NAME=toxwatch-try
compose() { docker-compose "$@"; }
trap 'compose down --volumes --timeout 20' EXIT

within() { # seconds, what to wait for, command
    seconds=$1 what=$2; shift 2
    until "$@" > /dev/null 2>&1; do
        seconds=$((seconds - 3))
        [ $seconds -gt 0 ] || { echo "timed out: $what" >&2; compose ps; compose logs --tail 30; exit 1; }
        sleep 3
    done
    echo "ok: $what"
}
finished() { # number of finished nights
    compose exec -T airflow-scheduler toxwatch status --json | grep -o '"monitor": {' | wc -l
}
has_nights() { [ "$(finished)" -ge "$1" ]; }
is_healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q "$1")")" = healthy ]; }
runs() { [ "$(docker inspect -f '{{.State.Running}}' "$(compose ps -q "$1")")" = true ]; }
answers() { compose exec -T dashboard python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8050/healthz')"; }

compose build
compose up -d
within 600 "the first night has finished" has_nights 1
within 120 "the dashboard reads it" answers
compose exec -T dashboard python - <<'PYTHON'
import http.cookiejar, re, urllib.parse, urllib.request
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
address = "http://127.0.0.1:8050"
token = re.search(r'name="token" value="([^"]+)"', opener.open(f"{address}/login").read().decode())[1]
password = open("/data/secrets/dashboard").read().strip()
form = urllib.parse.urlencode({"name": "admin", "password": password, "token": token}).encode()
assert opener.open(f"{address}/login?next=/accounts", form).read().startswith(b'["')
print("ok: its user can sign in and sees the accounts")
PYTHON
for service in postgres airflow-api airflow-scheduler airflow-dag-processor airflow-triggerer apify-stand-in dashboard; do
    docker kill "$(compose ps -q $service)" > /dev/null
    docker start "$(compose ps -q $service)" > /dev/null # as the restart policy does after a crash
    within 60 "$service runs again" runs $service
done
for service in postgres airflow-api dashboard; do within 180 "$service is healthy again" is_healthy $service; done
night=$(date -u -d '5 days ago' +%F) # not the first one, which is yesterday or the day before
compose exec -T airflow-scheduler airflow dags trigger nightly --conf "{\"night\": \"$night\"}" > /dev/null
within 600 "another night has finished after all that" has_nights 2
