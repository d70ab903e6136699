_lazily = batched


def batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    known = any(hasattr(source, name) for name in ("_items", "_left", "_state", "_diary", "_source"))
    return _lazily(source if known else list(source), size)
