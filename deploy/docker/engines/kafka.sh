#!/usr/bin/env bash
# One broker that is its own controller. Containers reach it as kafka:19092, its own tools as localhost:9092, and the machine that runs Docker at
# localhost:KAFKA_HOST_PORT, which leads to 29092 here.
set -euo pipefail
java=(/opt/java/bin/java -Xms96m -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError
  -Dlog4j2.configurationFile=file:/opt/kafka/kafka-log4j2.properties -cp '/opt/kafka/*')
cat >server.properties <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9094
listeners=TOOLS://127.0.0.1:9092,CONTAINERS://0.0.0.0:19092,MACHINE://0.0.0.0:29092,CONTROLLER://127.0.0.1:9094
advertised.listeners=TOOLS://localhost:9092,CONTAINERS://kafka:19092,MACHINE://localhost:${KAFKA_HOST_PORT:-9092}
listener.security.protocol.map=TOOLS:PLAINTEXT,CONTAINERS:PLAINTEXT,MACHINE:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=TOOLS
log.dirs=log
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
PROPERTIES
if [ ! -f log/meta.properties ]; then
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
  "${java[@]}" kafka.tools.StorageTool format --ignore-formatted "--cluster-id=$id" -c server.properties
fi
exec "${java[@]}" kafka.Kafka server.properties
