#!/bin/sh
# Starts Prometheus with the key that the gateway wants of it: where certificates have been made, the one made with them.
set -eu
umask 077
key=/run/secrets/kaizen-read-key
if [ -f /run/kaizen/ca.pem ]; then
  cat /run/kaizen/prometheus/kaizen-read-key >"$key"
else
  printf %s "${KAIZEN_METRICS_KEY%%,*}" >"$key"
fi
unset KAIZEN_METRICS_KEY
exec /bin/prometheus "$@"
