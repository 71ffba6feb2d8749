#!/bin/sh
# Tests `make airflow` for real: last night runs by itself, a night that fails is red, killed processes come back, and what
# is old is cleaned away. Takes ten minutes; works in a folder of its own.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
place=$(mktemp -d)
export TOXWATCH_DATA_DIR="$place/data" AIRFLOW_HOME="$place/data/airflow" TOXWATCH_BACKUPS="$place/backups"
mkdir "$place/backups"
toxwatch airflow --port 18080 > "$place/log" 2>&1 &
airflow=$!
trap 'kill -INT $airflow; wait $airflow; rm -rf "$place"' EXIT

within() { # seconds, what to wait for, command
    seconds=$1 what=$2; shift 2
    until "$@" > /dev/null 2>&1; do
        seconds=$((seconds - 5))
        [ $seconds -gt 0 ] && kill -0 $airflow || { echo "in vain: $what" >&2; tail -30 "$place/log"; exit 1; }
        sleep 5
    done
    echo "ok: $what"
}
asks() { python -c "import sqlite3, sys; print(*sqlite3.connect('$AIRFLOW_HOME/airflow.db').execute(sys.argv[1]).fetchall())" "$1"; }
state_is() { asks "select state from dag_run where dag_id = '$1' and run_id like '$2%'" | grep -q "'$3'"; }
is_back() { [ "$(pgrep -P $airflow -f "$1" | head -1)" != "$2" ] && pgrep -P $airflow -f "$1"; }
trigger() { curl -sf -X POST "http://127.0.0.1:18080/api/v2/dags/$1/dagRuns" -H 'Content-Type: application/json' -d "$2"; }

within 1200 "last night was scheduled" state_is nightly scheduled running
within 1800 "and has finished" state_is nightly scheduled success
for process in scheduler dag-processor triggerer api.server housekeeping; do # api_server is how it calls itself
    before=$(pgrep -P $airflow -f "$process" | head -1)
    kill -KILL "$before"
    within 60 "$process comes back" is_back "$process" "$before"
done
within 120 "a night of the future is asked for" trigger nightly '{"dag_run_id": "future", "logical_date": null, "conf": {"night": "2099-01-01"}}'
within 1200 "and its run is red" state_is nightly future failed
within 60 "a backup is asked for" trigger backup '{"dag_run_id": "now", "logical_date": null, "conf": {}}'
within 300 "and is made" state_is backup now success
echo "ok: everything"
