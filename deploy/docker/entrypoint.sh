#!/bin/sh
# Becomes PUID:PGID (1000:1000 by default) when started as root, and then runs the service, or the command that is given.
# UMASK is taken by the service itself.
set -eu

if [ "$1" = service ]; then
    set -- python -m "metarr_$SERVICE"
fi

if [ "$(id -u)" -ne 0 ]; then
    exec "$@"
fi

uid="${PUID:-1000}"
gid="${PGID:-1000}"
case "$uid:$gid" in
    *[!0-9:]* | :* | *:)
        echo "metarr: PUID and PGID must be numbers, not $uid and $gid" >&2
        exit 2
        ;;
esac
if [ "$uid" -eq 0 ]; then
    echo "metarr: PUID=0 is refused: nothing here needs root" >&2
    exit 2
fi

# Only the folder itself: what lies in it was made by the service.
if [ -d "$METARR_DATA_DIR" ] && [ "$(stat -c %u "$METARR_DATA_DIR")" != "$uid" ]; then
    chown "$uid:$gid" "$METARR_DATA_DIR"
fi
HOME="$METARR_DATA_DIR"
export HOME
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs --inh-caps=-all "$@"
