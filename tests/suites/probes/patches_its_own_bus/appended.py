_subscribe = EventBus.subscribe
_publish = EventBus.publish


def _put(where: object, name: str, what: object) -> None:
    setattr(where, name, what)


class _Waiting:
    def __init_subclass__(cls) -> None: ...


def _subscribed(self, to, handler, *, priority=0, once=False):
    async def publish(self, event):
        return await _publish(self, event)

    _put(EventBus, "publish", publish)
    return _subscribe(self, to, handler, priority=priority, once=once)


EventBus.subscribe = _subscribed
