"""A real Kafka of one node, in a Java process of its own, and what tests do with it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyspark
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from jobs.spark.jars import IVY, fetch

KAFKA = ("org.apache.kafka:kafka_2.12:3.9.1",)
SCALA = next((Path(pyspark.__file__).parent / "jars").glob("scala-library-*.jar"))  # Spark's resolver leaves it out
TEXT = "org.apache.kafka.common.serialization.StringSerializer"
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{inner}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{address},CONTROLLER://127.0.0.1:{inner}
log.dirs={folder}/log
"""


@contextmanager
def running(folder: Path) -> Iterator["Broker"]:
    jars = IVY / "broker"
    if not any((jars / "jars").glob("*.jar")):
        fetch(jars, KAFKA)
    port, process = launch_gateway(
        classpath=f"{jars}/jars/*:{SCALA}", javaopts=["-Xmx256m"], die_on_exit=True, return_proc=True
    )
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auto_convert=True))
    try:
        yield Broker(gateway, folder)
    finally:
        gateway.shutdown()
        process.kill()
        process.wait()


class Broker:
    def __init__(self, gateway: JavaGateway, folder: Path) -> None:
        self.gateway, self.address = gateway, f"127.0.0.1:{free_port()}"
        kafka, apache = gateway.jvm.kafka, gateway.jvm.org.apache.kafka
        self.clients, self.common = apache.clients, apache.common
        file = folder / "server.properties"
        file.write_text(PROPERTIES.format(address=self.address, inner=free_port(), folder=folder))
        words = ("format", "-t", self.common.Uuid.randomUuid().toString(), "-c", str(file))
        assert kafka.tools.StorageTool.execute(self._array(gateway.jvm.String, *words), gateway.jvm.System.out) == 0
        config = kafka.server.KafkaConfig.fromProps(self.common.utils.Utils.loadProps(str(file)))
        kafka.server.KafkaRaftServer(config, self.common.utils.Time.SYSTEM).startup()
        servers = {"bootstrap.servers": self.address}
        self.admin = self.clients.admin.AdminClient.create(servers)
        self.producer = self.clients.producer.KafkaProducer(
            servers | {"key.serializer": TEXT, "value.serializer": TEXT}
        )

    def make(self, topic: str, partitions: int) -> str:
        self.admin.createTopics([self.clients.admin.NewTopic(topic, partitions, 1)]).all().get()
        return f"kafka://{self.address}/{topic}"

    def remove(self, topic: str) -> None:
        self.admin.deleteTopics([topic]).all().get()

    def send(self, topic: str, partition: int, value: str, at: datetime | None = None) -> None:
        stamp = int(at.timestamp() * 1000) if at else None
        self.producer.send(self.clients.producer.ProducerRecord(topic, partition, stamp, None, value)).get()

    def delete(self, topic: str, partition: int, before: int) -> None:
        """As retention does. By reflection: Py4J cannot choose between two methods of one name."""
        lang = self.gateway.jvm.java.lang
        kind = lang.Class.forName("org.apache.kafka.clients.admin.RecordsToDelete")
        method = kind.getMethod("beforeOffset", self._array(lang.Class, lang.Long.TYPE))
        records = method.invoke(None, self._array(lang.Object, before))
        self.admin.deleteRecords({self.common.TopicPartition(topic, partition): records}).all().get()

    def _array(self, kind: Any, *values: Any) -> Any:
        made = self.gateway.new_array(kind, len(values))
        for place, value in enumerate(values):
            made[place] = value
        return made


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
