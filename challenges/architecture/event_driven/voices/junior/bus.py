"""A simple event bus."""

import inspect
from dataclasses import dataclass


class TopicError(ValueError):
    pass


class Event:
    topic = ""

    def __init_subclass__(cls, topic=None, **kwargs):
        super().__init_subclass__(**kwargs)
        if topic is not None:
            if not topic:
                raise TopicError("topic must not be empty")
            cls.topic = topic


class Subscription:
    def __init__(self, bus, to, handler, priority, once):
        self.bus = bus
        self.to = to
        self.handler = handler
        self.priority = priority
        self.once = once
        self.active = True

    def cancel(self):
        self.active = False
        if self in self.bus.subscriptions:
            self.bus.subscriptions.remove(self)

    def matches(self, event):
        if isinstance(self.to, str):
            return matches(self.to.split("."), event.topic.split("."))
        return isinstance(event, self.to)


def matches(pattern, topic):
    if not pattern:
        return not topic
    if pattern[0] == "**":
        return any(matches(pattern[1:], topic[i:]) for i in range(len(topic) + 1))
    if not topic:
        return False
    if pattern[0] == "*" or pattern[0] == topic[0]:
        return matches(pattern[1:], topic[1:])
    return False


@dataclass(frozen=True)
class Failure:
    subscription: Subscription
    error: Exception


@dataclass(frozen=True)
class Delivery:
    event: Event
    handled: int
    failures: tuple


class EventBus:
    def __init__(self):
        self.subscriptions = []
        self.queue = []

    def subscribe(self, to, handler, *, priority=0, once=False):
        if not callable(handler):
            raise TypeError("handler must be callable")
        subscription = Subscription(self, to, handler, priority, once)
        self.subscriptions.append(subscription)
        self.subscriptions.sort(key=lambda s: -s.priority)
        return subscription

    async def publish(self, event):
        if not isinstance(event, Event):
            raise TypeError("not an event")
        if not event.topic:
            raise TopicError("event has no topic")
        handled = 0
        failures = []
        for subscription in self.subscriptions[:]:
            if not subscription.matches(event):
                continue
            try:
                result = subscription.handler(event)
                if inspect.isawaitable(result):
                    await result
                handled += 1
            except Exception as error:
                failures.append(Failure(subscription, error))
            if subscription.once:
                subscription.cancel()
        return Delivery(event, handled, tuple(failures))

    def post(self, event):
        self.queue.append(event)

    async def drain(self):
        deliveries = []
        while self.queue:
            deliveries.append(await self.publish(self.queue.pop(0)))
        return deliveries
