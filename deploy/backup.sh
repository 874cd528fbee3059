#!/bin/sh
# A backup of a site's database, files and settings: backup.sh once | daily | check. See docs/deployment.md.
#
# Each is a folder of BACKUP_DIR with its time for a name. It has that name only once it is whole; the newest BACKUP_KEEP stay.
# DATABASE_HOST, DATABASE_PORT, DATABASE_USER, DATABASE_PASSWORD, DATABASE_NAME: where the database is. DATA_DIR: the site's
# files. SETTINGS: the file with the secret key; without it, none of the secrets in the backup can be read.
set -eu
umask 077
keep=${BACKUP_KEEP:-7}
export MYSQL_PWD="${DATABASE_PASSWORD:-}"

say() { printf '{"time": "%s", "level": "%s", "logger": "backup", "event": "%s"}\n' "$(date -u +%Y-%m-%dT%H:%M:%S.000+00:00)" "$1" "$2"; }

once() {
    name=$(date -u +%Y%m%dT%H%M%SZ)
    part=$BACKUP_DIR/.$name.part
    rm -rf "$BACKUP_DIR"/.*.part
    mkdir -p "$part"
    # First the database: files are only ever added, so that those it names are there afterwards.
    mariadb-dump --single-transaction --hex-blob --host "${DATABASE_HOST:-127.0.0.1}" --port "${DATABASE_PORT:-3306}" \
        --user "${DATABASE_USER:-bridge}" "${DATABASE_NAME:-bridge}" >"$part/db.sql"
    tail -n 1 "$part/db.sql" | grep -q '^-- Dump completed'
    gzip "$part/db.sql"
    # 1: a file, such as a log, was written meanwhile.
    tar -C "$DATA_DIR" -cf "$part/data.tar" --exclude=./drafts --exclude=./tmp --exclude=./metrics --exclude=./flights \
        --exclude=./redis . || [ $? -eq 1 ]
    if [ -n "${SETTINGS:-}" ]; then cp "$SETTINGS" "$part/env"; fi
    mv "$part" "$BACKUP_DIR/$name"
    find "$BACKUP_DIR" -mindepth 1 -maxdepth 1 -name '2*Z' | sort -r | tail -n +"$((keep + 1))" | while read -r old; do rm -rf "$old"; done
    say info "backup $name is whole"
}

case ${1:-once} in
once) once ;;
daily)
    while :; do
        # In a shell of its own: one that fails ends neither this loop nor the next one's chance.
        sh "$0" once || say error "the backup failed"
        sleep "${BACKUP_SECONDS:-86400}"
    done
    ;;
check) test -n "$(find "$BACKUP_DIR" -mindepth 1 -maxdepth 1 -name '2*Z' -mmin -1560)" ;; # 26 hours
*) echo "backup.sh once|daily|check" >&2; exit 2 ;;
esac
