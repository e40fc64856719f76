"""The Python implementation of CloudEvents as a reader: of each line of JSON, a message as it travels, it prints the event."""

import base64
import json
import sys

from cloudevents.core.bindings import amqp, http, kafka
from cloudevents.core.formats.json import JSONFormat


def read(message):
    headers, media = message["headers"], message["media"]
    payload = base64.b64decode(message["payload"])
    if message["binding"] == "kafka":
        raw = {name: value.encode() for name, value in headers.items()}
        return kafka.from_kafka(kafka.KafkaMessage(headers=raw, key=None, value=payload), JSONFormat())
    if message["binding"] == "amqp":
        read_amqp = amqp.AMQPMessage(
            properties={"content-type": media}, application_properties=headers, application_data=payload
        )
        return amqp.from_amqp(read_amqp, JSONFormat())
    return http.from_http(http.HTTPMessage(headers={**headers, "content-type": media}, body=payload), JSONFormat())


for line in sys.stdin:
    event = read(json.loads(line))
    data = event.get_data()
    if isinstance(data, bytes):
        data = {"base64": base64.b64encode(data).decode()}
    attributes = [event.get_id(), event.get_source(), event.get_type(), event.get_subject(), event.get_datacontenttype()]
    print(json.dumps([attributes, data]), flush=True)
