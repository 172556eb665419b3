"""What is compiled, in memory: frames, variants and shapes as they are asked for, from the shelf behind them."""

import threading

from templates.stamp.shelf import Shelf
from templates.stamp.typeset import Frame, Variant

_FRAMES_KEPT = 64  # in memory, about 0.3 MB each
_VARIANTS_KEPT = 50_000  # about 2 KB each


class Known:
    """A memory over a shelf; safe to share between threads. `None` is what was not learned yet, and is asked again."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._frames: dict[str, Frame] = {}
        self._variants: dict[tuple[str, str], Variant] = {}
        self._shapes: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def frame(self, key: str) -> Frame | None:
        """Give a frame by its key."""
        found = self._frames.get(key)
        if found is None and (found := self._shelf.frame(key)) is not None:
            self._make_room()
            self._frames[key] = found
        return found

    def variant(self, key: str, name: str) -> Variant | None:
        """Give a variant of a frame by name."""
        found = self._variants.get((key, name))
        if found is None and (found := self._shelf.variant(key, name)) is not None:
            self._make_room()
            self._variants[key, name] = found
        return found

    def shape(self, key: str, name: str) -> str | None:
        """Give the shape of a container by name."""
        found = self._shapes.get((key, name))
        if found is None and (found := self._shelf.shape(key, name)) is not None:
            self._make_room()
            self._shapes[key, name] = found
        return found

    def keep_frame(self, key: str, frame: Frame) -> Frame:
        """Keep a frame; gives the one that is kept, the first."""
        with self._lock:
            self._make_room()
            kept = self._frames[key] = self._shelf.keep_frame(key, frame)
        return kept

    def keep_variant(self, key: str, name: str, variant: Variant) -> None:
        """Keep a variant unless there is one."""
        with self._lock:
            if (key, name) not in self._variants:
                self._make_room()
                self._variants[key, name] = self._shelf.keep_variant(key, name, variant)

    def keep_shape(self, key: str, name: str, shape: str) -> None:
        """Keep a shape unless there is one."""
        with self._lock:
            if (key, name) not in self._shapes:
                self._make_room()
                self._shelf.keep_shape(key, name, shape)
                self._shapes[key, name] = shape

    def _make_room(self) -> None:
        """Forget everything when it is much: what is needed is read again."""
        if len(self._frames) >= _FRAMES_KEPT or len(self._variants) + len(self._shapes) >= _VARIANTS_KEPT:
            self._frames.clear()
            self._variants.clear()
            self._shapes.clear()
