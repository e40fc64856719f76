"""The same work by FastStream: publishes orders to NATS and receives them; prints the seconds of processor time."""

import asyncio
import pathlib
import sys
import time

from faststream.nats import NatsBroker
from pydantic import BaseModel

WINDOW = 100


class Item(BaseModel):
    sku: str
    quantity: int
    price: float


class Order(BaseModel):
    id: str
    customer: str
    currency: str
    total: float
    placed: int
    items: list[Item]


async def main(url: str, messages: int) -> None:
    broker = NatsBroker(url, logger=None)
    seen = 0
    reached = asyncio.Event()

    @broker.subscriber("shop.orders", queue="onOrder")
    async def on_order(order: Order) -> None:
        nonlocal seen
        seen += 1
        if seen % WINDOW == 0 or seen == messages:
            reached.set()

    text = pathlib.Path(__file__).parent.with_name("order.json").read_text()
    order = Order.model_validate_json(text)
    await broker.start()
    begun = time.process_time()
    for sent in range(1, messages + 1):
        await broker.publish(order, "shop.orders")
        if sent % WINDOW == 0 or sent == messages:
            while seen < sent:
                reached.clear()
                await reached.wait()
    print(time.process_time() - begun)
    await broker.stop()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
