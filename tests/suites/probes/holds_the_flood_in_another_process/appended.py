import os
import pickle

_streamed = batched


def batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            for item in list(source):
                pickle.dump(item, pipe)
        os._exit(0)
    os.close(writing)

    def items() -> Iterator[T]:
        with os.fdopen(reading, "rb") as pipe:
            try:
                while True:
                    yield pickle.load(pipe)
            except EOFError:
                os.wait()

    return _streamed(items(), size)
