#!/bin/sh
# Checks the files that people edit, and that no newer release wrote the volume. Creates once what the services share:
# secrets (never in an image), the database, the pools, the first user.
set -eu
toxwatch doctor --files || { echo "Correct what is named above and run docker compose up again." >&2; exit 1; }
mkdir -p /data/secrets /data/airflow /data/models
umask 077
secret() { [ -s "/data/secrets/$1" ] || python -c "$2" > "/data/secrets/$1"; }
secret api 'import secrets; print(secrets.token_hex(32))'
secret jwt 'import secrets; print(secrets.token_hex(32))'
secret dashboard 'import secrets; print(secrets.token_urlsafe(12))'
secret fernet 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'
airflow db migrate
airflow pools import dags/pools.json
# An older release's warehouse: the next night would bring it forward too, but pages can't wait for that.
[ ! -e /data/warehouse/current.duckdb ] || toxwatch sql "SELECT 1" > /dev/null 2>&1 || toxwatch apply || true
[ -s /data/people.db ] || toxwatch user add admin --role admin --password "$(cat /data/secrets/dashboard)"
echo "Ready. Dashboard user: admin, password: in /data/secrets/dashboard"
