"""Encrypted files: age's own are read, and nothing that was cut, moved or changed is."""

import base64
import io

import pytest

from jobs.errors import BadInput
from jobs.upkeep import age

PASSPHRASE = "three short words"
# written by rage, an age of others: `age -p` with this passphrase
OF_ANOTHER_PROGRAM = (
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBPeXhCUzFmdGpoRURsRmdjSzlJdFlnIDE1Cjc5T1NIeE02aGpsYTJ1dC9CK1p6YmhTOG9K"
    "RmVvREdwRkgvcHZGK0FXeWcKLS0tIE8rVmk0NmxRWGRMbGMzNk9oNzRPM2kraDNzWG1LNWxpQ1FPWU5HMnVnSkUKj+o1SDhSMQvqHaXIS42f8fkv"
    "w/gbIb0ZEc4Y1i8F+0citwsGFA3360JaZ+FgxA=="
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age, "WORK", 10)


def sealed(plain: bytes) -> bytes:
    target = io.BytesIO()
    with age.Sealing(target, PASSPHRASE) as sealing:
        for start in range(0, len(plain), 10_000):
            sealing.write(plain[start : start + 10_000])
    return target.getvalue()


def opened(content: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return io.BufferedReader(age.Opening(io.BytesIO(content), passphrase)).read()


def test_a_file_of_another_program_is_read() -> None:
    assert opened(base64.b64decode(OF_ANOTHER_PROGRAM)) == b"written by age"


@pytest.mark.parametrize("size", [0, 1, age.CHUNK - 1, age.CHUNK, age.CHUNK + 1, 3 * age.CHUNK])
def test_a_file_of_any_size_comes_back(size: int) -> None:
    plain = bytes(n % 251 for n in range(size))
    assert age.is_sealed(sealed(plain))
    assert opened(sealed(plain)) == plain


def test_what_was_cut_moved_or_changed_is_refused() -> None:
    whole = sealed(bytes(3 * age.CHUNK))
    chunk, header = age.CHUNK + age.TAG, len(whole) - 3 * (age.CHUNK + age.TAG)
    first, second = whole[header : header + chunk], whole[header + chunk : header + 2 * chunk]
    harmed = {
        "cut between chunks": whole[:-chunk],
        "cut inside one": whole[:-100],
        "moved": whole[:header] + second + first + whole[header + 2 * chunk :],
        "changed": whole[:-1] + bytes([whole[-1] ^ 1]),
        "its work raised": whole.replace(b" 10\n", b" 11\n", 1),
        "only a start": whole[:40],
    }
    for harm, content in harmed.items():
        with pytest.raises(BadInput, match="passphrase"):
            print(harm, len(opened(content)))
    with pytest.raises(BadInput, match="is wrong"):
        opened(whole, "three short word")
