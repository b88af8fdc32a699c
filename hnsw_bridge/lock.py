"""A lock that many readers share and one writer has alone; a waiting writer goes first."""

from __future__ import annotations

import threading
from types import TracebackType


class SharedLock:
    """Readers-writer lock: ``with lock.read:`` is shared with other readers, ``with lock.write:`` is alone."""

    def __init__(self) -> None:
        self._condition = threading.Condition(threading.Lock())
        self.read = _Reading(self._condition)
        self.write = _Writing(self._condition, self.read)


class _Reading:
    def __init__(self, condition: threading.Condition) -> None:
        self._condition = condition
        self.readers = 0
        self.writers = 0
        """Writers that wait or write."""

    def __enter__(self) -> None:
        with self._condition:
            while self.writers:
                self._condition.wait()
            self.readers += 1

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._condition:
            self.readers -= 1
            if not self.readers and self.writers:
                self._condition.notify_all()


class _Writing:
    def __init__(self, condition: threading.Condition, reading: _Reading) -> None:
        self._condition = condition
        self._reading = reading
        self._alone = threading.Lock()

    def __enter__(self) -> None:
        with self._condition:
            self._reading.writers += 1
        self._alone.acquire()
        with self._condition:
            while self._reading.readers:
                self._condition.wait()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._alone.release()
        with self._condition:
            self._reading.writers -= 1
            self._condition.notify_all()
