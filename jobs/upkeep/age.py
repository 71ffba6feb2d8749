"""Files encrypted with a passphrase in the format of age (age-encryption.org/v1), so that `age -d` opens them too."""

import base64
import binascii
import hashlib
import hmac
import io
import secrets
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from jobs.errors import BadInput

VERSION = b"age-encryption.org/v1"
WORK = 17  # scrypt's N is 2**WORK: 128 MiB and half a second a guess
MOST_WORK = 20
CHUNK = 64 << 10  # bytes of plaintext that are sealed together
TAG = 16
WRONG = "The passphrase in TOXWATCH_BACKUP_PASSPHRASE is wrong, or the file is damaged."


class Sealing(io.RawIOBase):
    """Encrypts what is written to it; the file is whole when this is closed."""

    def __init__(self, target: IO[bytes], passphrase: str) -> None:
        file_key, nonce = secrets.token_bytes(16), secrets.token_bytes(16)
        target.write(_header(file_key, passphrase) + nonce)
        self._target, self._pending = target, bytearray()
        self._chunks = Chunks(file_key, nonce)

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self._pending += content
        while len(self._pending) > CHUNK:  # the last chunk is sealed otherwise, so one is held back
            self._target.write(self._chunks.seal(bytes(self._pending[:CHUNK]), is_last=False))
            del self._pending[:CHUNK]
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._target.write(self._chunks.seal(bytes(self._pending), is_last=True))
        super().close()


class Opening(io.RawIOBase):
    """Decrypts what is read from it; raises BadInput for a wrong passphrase or a damaged file."""

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        file_key = _file_key(source, passphrase)
        self._source, self._chunks = source, Chunks(file_key, source.read(16))
        self._next, self._plain = source.read(CHUNK + TAG), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._plain and self._next:
            sealed, self._next = self._next, self._source.read(CHUNK + TAG)
            self._plain = self._chunks.open(sealed, is_last=not self._next)
        size = min(len(buffer), len(self._plain))
        buffer[:size], self._plain = self._plain[:size], self._plain[size:]
        return size


class Chunks:
    """Seals or opens the chunks of a file one after another; none can be left out, moved or cut off unseen."""

    def __init__(self, file_key: bytes, nonce: bytes) -> None:
        self._cipher, self._number = ChaCha20Poly1305(_derived(file_key, nonce, b"payload")), 0

    def _nonce(self, is_last: bool) -> bytes:
        self._number += 1
        return (self._number - 1).to_bytes(11, "big") + bytes([is_last])

    def seal(self, plain: bytes, is_last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(is_last), plain, None)

    def open(self, sealed: bytes, is_last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(is_last), sealed, None)
        except InvalidTag:
            raise BadInput(WRONG) from None


def is_sealed(start: bytes) -> bool:
    return start.startswith(VERSION)


def _header(file_key: bytes, passphrase: str) -> bytes:
    salt = secrets.token_bytes(16)
    wrapped = ChaCha20Poly1305(_wrap_key(passphrase, salt, WORK)).encrypt(bytes(12), file_key, None)
    lines = b"%s\n-> scrypt %s %d\n%s\n---" % (VERSION, _base64(salt), WORK, _base64(wrapped))
    return lines + b" " + _base64(_mac(file_key, lines)) + b"\n"


def _file_key(source: IO[bytes], passphrase: str) -> bytes:
    try:
        first, recipient, wrapped, last = (source.readline(200) for _ in range(4))
        _, kind, salt, work = recipient.split()
        if kind != b"scrypt" or int(work) > MOST_WORK:
            raise BadInput(f"It was not encrypted with a passphrase of Toxwatch or age ({recipient.decode()!r}).")
        wrap_key = _wrap_key(passphrase, _decoded(salt), int(work))
        file_key = ChaCha20Poly1305(wrap_key).decrypt(bytes(12), _decoded(wrapped.strip()), None)
        mac = _decoded(last.removeprefix(b"--- ").strip())
    except (InvalidTag, ValueError, binascii.Error):
        raise BadInput(WRONG) from None
    if not hmac.compare_digest(mac, _mac(file_key, first + recipient + wrapped + b"---")):
        raise BadInput(WRONG)
    return file_key


def _wrap_key(passphrase: str, salt: bytes, work: int) -> bytes:
    salt = VERSION + b"/scrypt" + salt
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=1 << work, r=8, p=1, dklen=32, maxmem=1 << (work + 11))


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_derived(file_key, b"", b"header"), header, "sha256")


def _derived(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    """HKDF-SHA-256, one block of it."""
    return hmac.digest(hmac.digest(salt or bytes(32), key, "sha256"), purpose + b"\x01", "sha256")


def _base64(content: bytes) -> bytes:
    return base64.b64encode(content).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
