import asyncio
import fnmatch
import re
from dataclasses import dataclass


class TopicError(ValueError):
    pass


class Event:
    topic = ""

    def __init_subclass__(cls, topic=None):
        if topic is not None:
            if not re.match(r"[a-z0-9_\-.]+$", topic):
                raise TopicError("invalid topic: " + topic)
            cls.topic = topic


class Subscription:
    def __init__(self, to, handler, priority, once):
        self.to = to
        self.handler = handler
        self.priority = priority
        self.once = once
        self._active = True

    @property
    def active(self):
        return self._active

    def cancel(self):
        self._active = False

    def matches(self, event):
        if isinstance(self.to, str):
            # "orders.**" must also match "orders"
            if self.to.endswith(".**") and event.topic == self.to[:-3]:
                return True
            if self.to.startswith("**.") and event.topic == self.to[3:]:
                return True
            # fnmatch lets * match dots too, so compare the number of segments
            if "**" not in self.to and self.to.count(".") != event.topic.count("."):
                return False
            return fnmatch.fnmatch(event.topic, self.to)
        return isinstance(event, self.to)


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
        if isinstance(to, str):
            for segment in to.split("."):
                if segment not in ("*", "**") and not re.match(r"[a-z0-9_-]+$", segment):
                    raise TopicError("invalid pattern: " + to)
        elif not issubclass(to, Event):
            raise TypeError("to must be an event class or a pattern")
        if not callable(handler):
            raise TypeError("handler must be callable")
        subscription = Subscription(to, handler, priority, once)
        self.subscriptions.append(subscription)
        self.subscriptions.sort(key=lambda s: s.priority, reverse=True)
        return subscription

    async def publish(self, event):
        if not isinstance(event, Event):
            raise TypeError("not an event")
        if event.topic == "":
            raise TopicError("event has no topic")
        handled = 0
        failures = []
        for subscription in self.subscriptions:
            if not subscription.active or not subscription.matches(event):
                continue
            try:
                if asyncio.iscoroutinefunction(subscription.handler):
                    await subscription.handler(event)
                else:
                    subscription.handler(event)
                handled += 1
            except Exception as e:
                failures.append(Failure(subscription, e))
            if subscription.once:
                subscription.cancel()
        # remove the cancelled ones
        self.subscriptions = [s for s in self.subscriptions if s.active]
        return Delivery(event, handled, tuple(failures))

    def post(self, event):
        self.queue.append(event)

    async def drain(self):
        deliveries = []
        for event in self.queue:
            deliveries.append(await self.publish(event))
        self.queue.clear()
        return deliveries
