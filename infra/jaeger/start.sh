#!/bin/sh
# Starts Jaeger as the stack is secured: where certificates have been made, with TLS at its receivers.
set -eu
[ ! -f /run/kaizen/ca.pem ] || set -- --config /etc/jaeger/tls.yaml
exec /cmd/jaeger/jaeger-linux --config /etc/jaeger/config.yaml "$@"
