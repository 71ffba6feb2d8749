"""A disk whose power can fail: ext4 on a device that remembers every write and every flush.

The device is a file in a file system of this process (FUSE's protocol, spoken without a library) behind a loop device,
so the kernel's own ext4 decides what an fsync makes durable. When the power fails, everything before the last flush is
there, and any part of what came after it.
"""

import ctypes
import os
import random
import stat
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

BYTES = 64 << 20
STRICT = "noauto_da_alloc,commit=600"  # nothing but an fsync makes ext4 write
LARGEST_WRITE = 1 << 17

Write = tuple[int, bytes]  # where, what


@dataclass(frozen=True)
class Failure:
    """A moment at which the power fails."""

    is_done: bool  # the work had returned by then
    durable: list[Write]
    lost: int  # writes


class Disk:
    def __init__(self, place: Path) -> None:
        self.folder, self._device, self._image = place / "disk", place / "device", place / "image"
        for folder in (self.folder, self._device):
            folder.mkdir(parents=True)
        with self._image.open("wb") as file:
            file.truncate(BYTES)
        _run("mkfs.ext4", "-q", self._image)
        self._batches: list[list[Write]] = []  # writes between two flushes
        self._done = (0, 0)  # the batch and the number of its writes when the work had returned

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """The disk as it is. Nothing is recorded."""
        with _mounted(self._image, self.folder, "loop"):
            yield self.folder

    @contextmanager
    def recorded(self) -> Iterator[Path]:
        """Records the work of the block; the image itself stays as it is."""
        server = _Server(bytearray(self._image.read_bytes()), self._device)
        try:
            with _mounted(self._device / "image", self.folder, f"loop,{STRICT}"):
                server.batches = [[write for batch in server.batches for write in batch], []]  # of mounting: durable
                yield self.folder
                self._batches = [list(batch) for batch in server.batches]
                self._done = len(self._batches) - 1, len(self._batches[-1])
        finally:
            server.close()

    def failures(self, number: int, chance: random.Random) -> Iterator[Failure]:
        """At the end of the work, when everything is lost that can be, and at other moments of it and just after."""
        yield self._failure(*self._done, lost=1.0, chance=chance)
        for _ in range(number - 1):
            batch = chance.randrange(1, len(self._batches))
            yield self._failure(
                batch, chance.randint(0, len(self._batches[batch])), lost=chance.choice([0.0, 0.5, 1.0]), chance=chance
            )

    def _failure(self, batch: int, writes: int, lost: float, chance: random.Random) -> Failure:
        flushed = [write for earlier in self._batches[:batch] for write in earlier]
        begun = self._batches[batch][:writes]
        survived = [write for write in begun if chance.random() >= lost]
        return Failure((batch, writes) >= self._done, flushed + survived, len(begun) - len(survived))

    @contextmanager
    def after(self, failure: Failure) -> Iterator[Path]:
        """The disk as the machine finds it when it starts again."""
        image = self._image.with_name("after")
        _run("cp", "--sparse=always", self._image, image)
        with image.open("r+b") as file:
            for at, content in failure.durable:
                file.seek(at)
                file.write(content)
        with _mounted(image, self.folder, "loop"):
            yield self.folder


class Op(IntEnum):
    """Of FUSE's kernel interface, version 7.31."""

    LOOKUP, FORGET, GETATTR, SETATTR = 1, 2, 3, 4
    OPEN, READ, WRITE, STATFS, RELEASE = 14, 15, 16, 17, 18
    FSYNC, FLUSH, INIT, OPENDIR, RELEASEDIR = 20, 25, 26, 27, 29
    INTERRUPT, DESTROY, BATCH_FORGET = 36, 38, 42


SILENT = {Op.FORGET, Op.INTERRUPT, Op.DESTROY, Op.BATCH_FORGET}
REQUEST = struct.Struct("<IIQQIIIHH")
ROOT, IMAGE = 1, 2  # nodes
NOT_FOUND, NOT_IMPLEMENTED = 2, 38


class _Server:
    """A file system with one file, `image`."""

    def __init__(self, content: bytearray, place: Path) -> None:
        self.batches: list[list[Write]] = [[]]
        self._content, self._place = content, place
        self._channel = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self._channel},rootmode=40000,user_id=0,group_id=0,allow_other"
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"faults", os.fsencode(place), b"fuse", 0, options.encode()):
            raise OSError(ctypes.get_errno(), "mount")
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", self._place], check=False)
        self._thread.join(timeout=10)
        os.close(self._channel)

    def _serve(self) -> None:
        while True:
            try:
                request = os.read(self._channel, LARGEST_WRITE + 4096)
            except OSError:  # unmounted
                return
            _, op, unique, node, *_ = REQUEST.unpack_from(request)
            if op not in SILENT:
                error, answer = self._answer(op, node, request[REQUEST.size :])
                os.write(self._channel, struct.pack("<IiQ", 16 + len(answer), -error, unique) + answer)

    def _answer(self, op: int, node: int, body: bytes) -> tuple[int, bytes]:
        """An error number, or 0 and what the operation returns."""
        match op:
            case Op.INIT:
                _, _, ahead, _ = struct.unpack_from("<IIII", body)
                return 0, struct.pack("<IIIIHHIIHHI28x", 7, 31, ahead, 0, 16, 12, LARGEST_WRITE, 1, 0, 0, 0)
            case Op.LOOKUP if body == b"image\0":
                return 0, struct.pack("<QQQQII", IMAGE, 0, 3600, 3600, 0, 0) + self._attributes(IMAGE)
            case Op.LOOKUP:
                return NOT_FOUND, b""
            case Op.GETATTR | Op.SETATTR:
                return 0, struct.pack("<QII", 3600, 0, 0) + self._attributes(node)
            case Op.OPEN | Op.OPENDIR:
                return 0, bytes(16)
            case Op.READ:
                _, at, size = struct.unpack_from("<QQI", body)
                return 0, bytes(self._content[at : at + size])
            case Op.WRITE:
                _, at, size = struct.unpack_from("<QQI", body)
                written = body[40 : 40 + size]
                self._content[at : at + size] = written
                self.batches[-1].append((at, written))
                return 0, struct.pack("<II", size, 0)
            case Op.FSYNC:
                self.batches.append([])
                return 0, b""
            case Op.STATFS:
                return 0, struct.pack("<QQQQQIIII24x", 0, 0, 0, 2, 0, 4096, 255, 4096, 0)
            case Op.FLUSH | Op.RELEASE | Op.RELEASEDIR:
                return 0, b""
        return NOT_IMPLEMENTED, b""

    def _attributes(self, node: int) -> bytes:
        size, mode = (0, stat.S_IFDIR | 0o755) if node == ROOT else (len(self._content), stat.S_IFREG | 0o600)
        return struct.pack("<QQQQQQIIIIIIIIII", node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


@contextmanager
def _mounted(what: Path, folder: Path, options: str) -> Iterator[None]:
    _run("mount", "-t", "ext4", "-o", options, what, folder)
    try:
        yield
    finally:
        _run("umount", folder)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)
