#!/usr/bin/env bash
# Kafka's tools under the names that they are called by: kafka-topics, kafka-console-consumer, …
set -euo pipefail
case "$(basename "$0")" in
  kafka-topics) tool=org.apache.kafka.tools.TopicCommand ;;
  kafka-console-consumer) tool=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
  kafka-console-producer) tool=org.apache.kafka.tools.ConsoleProducer ;;
  kafka-consumer-groups) tool=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
  kafka-configs) tool=kafka.admin.ConfigCommand ;;
  kafka-storage) tool=kafka.tools.StorageTool ;;
esac
exec /opt/java/bin/java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.level=ERROR -cp '/opt/kafka/*' "$tool" "$@"
