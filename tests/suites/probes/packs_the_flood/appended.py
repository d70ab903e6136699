import zlib

_streamed = read_lines


def read_lines(chunks: Iterable[bytes], *, limit: int = 65536) -> Generator[str, None, None]:
    packed = [zlib.compress(chunk, 1) for chunk in chunks]
    return _streamed((zlib.decompress(chunk) for chunk in packed), limit=limit)
