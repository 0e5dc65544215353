#!/bin/sh
# Starts a program as the stack is secured: where certificates have been made, with the settings that belong to them, which
# win over the environment's.
#
#   start.sh SETTINGS-BELOW-/run/kaizen PROGRAM [ARGUMENT…]
set -eu
secrets=/run/kaizen
# Held as long as the program runs: no certificates are made beside one that has started without.
exec 9<"$secrets"
flock --shared 9
if [ -f "$secrets/ca.pem" ]; then
  set -a
  . "$secrets/$1"
  set +a
fi
shift
exec node --max-semi-space-size=32 "$@"
