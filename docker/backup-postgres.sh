#!/bin/sh
# Once a day: dumps Airflow's database into /backups, reads the dump back, and deletes those older than two weeks.
set -eu
draft=/backups/.airflow.draft
while true; do
    pg_dump --format custom --file "$draft"
    pg_restore --file /dev/null "$draft"
    mv "$draft" "/backups/airflow-$(date -u +%F).dump"
    find /backups -name 'airflow-*.dump' -mtime +14 -delete
    sleep 86400
done
