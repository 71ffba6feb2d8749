#!/bin/sh
# Makes what Airflow's services share, once: secrets that no image holds, the database, the pool for Apify.
set -eu
mkdir -p /data/secrets /data/airflow
umask 077
for name in api jwt; do
    [ -s /data/secrets/$name ] || python -c 'import secrets; print(secrets.token_hex(32))' > /data/secrets/$name
done
[ -s /data/secrets/fernet ] || python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())' > /data/secrets/fernet
airflow db migrate
airflow pools set apify 2 "Apify runs at the same time"
