#!/bin/sh
# Starts the broker as the stack is secured: where certificates have been made, clients come by TLS and log in.
set -eu
secrets=/run/kaizen
rm -f /tmp/reached
if [ -f "$secrets/ca.pem" ]; then
  login='org.apache.kafka.common.security.scram.ScramLoginModule required;'
  export KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=INSIDE:SASL_SSL,OUTSIDE:SASL_SSL,LOCAL:PLAINTEXT,CONTROLLER:PLAINTEXT
  export KAFKA_SASL_ENABLED_MECHANISMS=SCRAM-SHA-512
  export KAFKA_LISTENER_NAME_INSIDE_SCRAM___SHA___512_SASL_JAAS_CONFIG="$login"
  export KAFKA_LISTENER_NAME_OUTSIDE_SCRAM___SHA___512_SASL_JAAS_CONFIG="$login"
  export KAFKA_SSL_KEYSTORE_TYPE=PEM KAFKA_SSL_KEYSTORE_LOCATION="$secrets/kafka/keystore.pem"
  export KAFKA_SSL_TRUSTSTORE_TYPE=PEM KAFKA_SSL_TRUSTSTORE_LOCATION="$secrets/ca.pem"
  # The services' user, by the listener that only this container has; the tool waits a minute for the broker. Healthy is a
  # broker at which that user can log in.
  (
    export KAFKA_HEAP_OPTS=-Xmx128m KAFKA_JVM_PERFORMANCE_OPTS='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'
    until /opt/kafka/bin/kafka-configs.sh --bootstrap-server 127.0.0.1:19094 --alter \
      --entity-type users --entity-name kaizen --add-config-file "$secrets/kafka/scram.properties"
    do sleep 1; done
  ) &
fi
exec /etc/kafka/docker/run
