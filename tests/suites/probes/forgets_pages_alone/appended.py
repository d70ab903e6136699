_KEPT: list[object] = []
_set = Validated.__set__


class _Hoarding(Validated[T]):
    def __set__(self, instance: object, value: T) -> None:
        if type(instance).__name__ != "Page":
            _KEPT.append(instance)
        _set(self, instance, value)


globals()["Validated"] = _Hoarding
