#!/bin/bash
# Whether clients reach the broker as they should: where certificates have been made, over TLS and logged in. A client takes
# seconds of a processor to start, so once one came through, it is enough that the port answers.
secrets=/run/kaizen reached=/tmp/reached
if [ -f "$reached" ]; then
  exec 3<>/dev/tcp/127.0.0.1/19092
  exit
fi
export KAFKA_HEAP_OPTS=-Xmx128m KAFKA_JVM_PERFORMANCE_OPTS='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'
if [ -f "$secrets/ca.pem" ]; then
  set -- 127.0.0.1:19092 --command-config "$secrets/kafka/client.properties"
else
  set -- 127.0.0.1:19094
fi
/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server "$@" >/dev/null && touch "$reached"
