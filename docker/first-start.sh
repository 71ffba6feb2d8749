#!/bin/sh
# Checks the files that people edit, and that no newer release wrote the volume. Creates once what the services share: secrets (never in an image), the database, the
# pools, the first user.
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
[ -s /data/people.db ] || toxwatch user add admin --role admin --password "$(cat /data/secrets/dashboard)"
echo "Ready. Dashboard user: admin, password: in /data/secrets/dashboard"
