import weakref


class Sprite:
    __slots__ = ["_name", "x", "y", "_parent", "_children", "__weakref__"]

    def __init__(self, name, x, y):
        self._name = name
        self.x = x
        self.y = y
        self._parent = None
        self._children = []

    @property
    def name(self):
        return self._name

    @property
    def parent(self):
        return self._parent

    @property
    def children(self):
        return tuple(self._children)

    def add(self, child):
        # look for loops
        sprite = self
        while sprite is not None:
            if sprite == child:
                raise ValueError("loop")
            sprite = sprite._parent
        if child._parent is not None:
            child._parent.remove(child)
        self._children.append(child)
        child._parent = self

    def remove(self, child):
        self._children.remove(child)
        child._parent = None

    def position(self):
        if self._parent is None:
            return (self.x, self.y)
        x, y = self._parent.position()
        return (x + self.x, y + self.y)

    def __del__(self):
        # free the children
        for child in self._children:
            child._parent = None
        self._children.clear()


class TextureCache:
    def __init__(self, load):
        self.load = load
        self.textures = weakref.WeakValueDictionary()

    def get(self, path):
        if path not in self.textures:
            texture = self.load(path)
            self.textures[path] = texture
        return self.textures[path]

    def __len__(self):
        return len(self.textures)


class Signal:
    def __init__(self):
        self.handlers = []

    def connect(self, handler):
        if hasattr(handler, "__self__"):
            ref = weakref.WeakMethod(handler)
        else:
            ref = weakref.ref(handler)
        if ref not in self.handlers:
            self.handlers.append(ref)

    def disconnect(self, handler):
        for ref in self.handlers:
            if ref() == handler:
                self.handlers.remove(ref)
                return
        raise ValueError("not connected")

    def emit(self, *args):
        count = 0
        for ref in self.handlers:
            handler = ref()
            if handler is None:
                self.handlers.remove(ref)
            else:
                handler(*args)
                count += 1
        return count

    def __len__(self):
        return len([ref for ref in self.handlers if ref() is not None])
