import weakref


def _update(module: object, **names: object) -> None:
    vars(module).update(names)


_update(weakref, ref=lambda subject: lambda: None)
