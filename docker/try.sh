#!/bin/sh
# Tests docker-compose.yml for real: a first night finishes, its user can sign in, every killed service comes back, edited
# files are read, an edited program is built in, a backup brings everything back on an empty machine, and a night runs on
# the Spark cluster of `--profile full`. `docker/try.sh COMMIT` starts with the volumes of an older release.
# Takes half an hour or more; works in a copy, and removes everything it started, volumes too.
set -eu
cd "$(dirname "$0")/.."
place=$(mktemp -d)
chmod 755 "$place" # the containers run as a user of their own
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory "$place"
export COMPOSE_PROJECT_NAME=toxwatch-try
compose() { (cd "$place" && docker-compose "$@"); }
compose --profile full down --volumes # what a trial that was killed left
trap 'code=$?; [ $code = 0 ] || compose logs --tail 20; compose --profile full down --volumes --timeout 20; rm -rf "$place"; exit $code' EXIT

within() { # seconds, what to wait for, command
    seconds=$1 what=$2; shift 2
    until "$@" > /dev/null 2>&1; do
        seconds=$((seconds - 10))
        [ $seconds -gt 0 ] || { echo "timed out: $what" >&2; compose ps; compose logs --tail 30; exit 1; }
        sleep 10
    done
    echo "ok: $what"
}
holds() { what=$1; shift; "$@" > /dev/null 2>&1 || { echo "does not hold: $what" >&2; exit 1; }; echo "ok: $what"; }
fails() { ! "$@"; }
on_scheduler() { compose exec -T airflow-scheduler "$@"; }
finished() { on_scheduler toxwatch status --json | grep -o '"monitor": {' | wc -l; }
has_nights() { [ "$(finished)" -ge "$1" ]; }
is_healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q "$1")")" = healthy ]; }
runs() { [ "$(docker inspect -f '{{.State.Running}}' "$(compose ps -q "$1")")" = true ]; }
answers() { compose exec -T dashboard python docker/healthy.py http://127.0.0.1:8050/healthz; }
says() { text=$1; shift; "$@" 2>&1 | grep -q "$text"; }
signs_in() {
    compose exec -T dashboard python - <<'PYTHON'
import http.cookiejar, re, urllib.parse, urllib.request
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
address = "http://127.0.0.1:8050"
token = re.search(r'name="token" value="([^"]+)"', opener.open(f"{address}/login").read().decode())[1]
password = open("/data/secrets/dashboard").read().strip()
form = urllib.parse.urlencode({"name": "admin", "password": password, "token": token}).encode()
assert opener.open(f"{address}/login?next=/accounts", form).read().startswith(b'["')
PYTHON
}
night() { # days ago, name of the run
    on_scheduler airflow dags trigger nightly --run-id "$2" --conf "{\"night\": \"$(date -u -d "$1 days ago" +%F)\"}"
}
SERVICES="postgres postgres-backup apify-stand-in airflow-api airflow-scheduler airflow-dag-processor airflow-triggerer dashboard"

if [ $# -gt 0 ]; then
    new=$place place=$(mktemp -d)
    chmod 755 "$place"
    git archive "$1" | tar -x -C "$place"
    compose build
    compose up -d
    within 1800 "the release $1 has finished a night" has_nights 1
    compose down --timeout 60
    rm -rf "$place"
    place=$new
fi

compose build
compose up -d
within 1800 "the first night has finished" has_nights 1
within 300 "the dashboard reads it" answers
holds "its user can sign in and sees the accounts" signs_in
for service in $SERVICES; do within 600 "$service is healthy" is_healthy "$service"; done
within 300 "Airflow's history was cleaned" says "Cleaned" compose logs airflow-housekeeping
holds "doctor tells the container's memory" says "5 GiB of memory" on_scheduler toxwatch doctor
holds "Spark NLP is in the image" says "com.johnsnowlabs.nlp:spark-nlp" on_scheduler toxwatch doctor
READ='from jobs.standin import memes; from models import pictures; print(pictures.text_in(memes.drawn("abusive-0.jpg")))'
holds "the image reads pictures" says WORTHLESS on_scheduler python -c "$READ"
holds "no log tells of telemetry" fails says telemetry compose logs

sed -i 's/budget_usd = .*/budget_usd = 3.21/' "$place/targets.toml"
holds "an edited targets.toml is read at once" says "3.21" compose exec -T -e TOXWATCH_STAND_IN= airflow-scheduler toxwatch doctor --files
holds "a token goes to Apify, not to the stand-in" says "api.apify.com" compose exec -T -e APIFY_TOKEN=apify_api_nobody airflow-scheduler toxwatch doctor
echo '[nonsense' >> "$place/alerts.toml"
holds "a mistake in alerts.toml stops the start" fails compose run --rm airflow-init
sed -i '$d' "$place/alerts.toml"

for service in $SERVICES; do
    docker kill "$(compose ps -q "$service")" > /dev/null
    docker start "$(compose ps -q "$service")" > /dev/null # as the restart policy does after a crash
    within 60 "$service runs again" runs "$service"
done
for service in $SERVICES; do within 600 "$service is healthy again" is_healthy "$service"; done
night 5 after-the-kills > /dev/null # not the first one, which is yesterday or the day before
within 1800 "another night has finished after all that" has_nights 2

echo '# an edit' >> "$place/dags/nightly.py"
compose up -d --build
within 600 "an edited program is built in" says "an edit" on_scheduler tail -1 dags/nightly.py
within 600 "the data is still there" has_nights 2

on_scheduler sh -c 'rm /backups/*' # of the first start
compose restart postgres-backup
within 300 "Airflow's database is backed up" is_healthy postgres-backup
on_scheduler airflow dags trigger backup > /dev/null
within 3000 "the DAG has made a backup" says "toxwatch-.*tar" on_scheduler ls /backups
within 3000 "which is whole" fails says "draft" on_scheduler ls -a /backups
backup=$(on_scheduler sh -c 'ls /backups/toxwatch-*.tar | tail -1')
dump=$(on_scheduler sh -c 'ls /backups/airflow-*.dump | tail -1')
compose down --timeout 60
docker volume rm toxwatch-try_data toxwatch-try_postgres > /dev/null
compose up -d postgres
compose run --rm --no-deps airflow-init toxwatch restore "$backup"
within 300 "PostgreSQL starts empty" is_healthy postgres
compose run --rm --no-deps --entrypoint pg_restore postgres-backup --no-owner --dbname airflow "$dump"
compose up -d
within 600 "the restored nights are there" has_nights 2
within 600 "and Airflow's runs" says after-the-kills on_scheduler airflow dags list-runs nightly
within 600 "and its user" signs_in

compose --profile full up -d
for service in mlflow spark-master spark-worker; do within 600 "$service is healthy" is_healthy "$service"; done
echo 'TOXWATCH_SPARK_MASTER=spark://spark-master:7077' > "$place/.env"
compose --profile full up -d
within 600 "the scheduler is healthy" is_healthy airflow-scheduler
night 7 on-the-cluster > /dev/null
within 3000 "a night has finished on the Spark cluster" has_nights 3
echo "ok: everything"
