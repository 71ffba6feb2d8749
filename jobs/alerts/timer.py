"""The files with which systemd or cron runs `toxwatch heartbeat` every hour."""

from pathlib import Path

from jobs.config.settings import TOXWATCH, Settings
from warehouse.files import write_atomically

NAME = "toxwatch-heartbeat"
SERVICE = """[Unit]
Description=Toxwatch's sign of life

[Service]
Type=oneshot
Environment="TOXWATCH_DATA_DIR={data}" "TOXWATCH_ALERTS={alerts}"
EnvironmentFile=-{folder}/{name}.env
ExecStart={command} heartbeat
"""
TIMER = """[Unit]
Description=Every hour: does Toxwatch still collect?

[Timer]
OnCalendar=hourly
Persistent=true

[Install]
WantedBy=timers.target
"""
ENVIRONMENT = """# Where to send the sign of life, and the mail when there is none. Only you can read this file.
# TOXWATCH_HEARTBEAT_URL=https://…
# TOXWATCH_SMTP_URL=smtps://user:password@mail.example.org:465
"""


def write(settings: Settings, folder: Path) -> str:
    """Writes the unit files and an environment to fill in; returns what a person does with them."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    values = {"data": settings.data_dir, "alerts": settings.alerts_file, "folder": folder, "name": NAME}
    write_atomically(folder / f"{NAME}.service", SERVICE.format(command=TOXWATCH, **values))
    write_atomically(folder / f"{NAME}.timer", TIMER)
    environment = folder / f"{NAME}.env"
    if not environment.exists():
        write_atomically(environment, ENVIRONMENT, is_secret=True)
    return (
        f"Wrote {NAME}.service, .timer and .env to {folder}. Fill in the .env, then either\n"
        f"  systemctl --user enable --now {folder}/{NAME}.service {folder}/{NAME}.timer; loginctl enable-linger\n"
        f"or with cron, a line for `crontab -e`:\n"
        f"  0 * * * * set -a; . '{folder}/{NAME}.env'; TOXWATCH_DATA_DIR='{settings.data_dir}' "
        f"TOXWATCH_ALERTS='{settings.alerts_file}' {TOXWATCH} heartbeat"
    )
