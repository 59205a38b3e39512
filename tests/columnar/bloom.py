# SPDX-License-Identifier: Apache-2.0
"""A reader of Parquet's split-block Bloom filters (parquet-format, BloomFilter.md) with XXH64 (seed 0), for values that must be in them."""
import struct

P1, P2, P3, P4, P5 = 11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579, 2870177450012600261
MASK = (1 << 64) - 1
SALT = [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31]


def turned(value, bits):
    return (value << bits | value >> (64 - bits)) & MASK


def rounded(state, word):
    return turned((state + word * P2) & MASK, 31) * P1 & MASK


def xxh64(data):
    at, size = 0, len(data)
    if size >= 32:
        states = [P1 + P2 & MASK, P2, 0, -P1 & MASK]
        while at + 32 <= size:
            states = [rounded(state, word) for state, word in zip(states, struct.unpack_from("<4Q", data, at))]
            at += 32
        result = sum(turned(state, bits) for state, bits in zip(states, (1, 7, 12, 18))) & MASK
        for state in states:
            result = ((result ^ rounded(0, state)) * P1 + P4) & MASK
    else:
        result = P5
    result = result + size & MASK
    while at + 8 <= size:
        result = turned(result ^ rounded(0, struct.unpack_from("<Q", data, at)[0]), 27) * P1 + P4 & MASK
        at += 8
    if at + 4 <= size:
        result = turned(result ^ struct.unpack_from("<I", data, at)[0] * P1 & MASK, 23) * P2 + P3 & MASK
        at += 4
    for byte in data[at:]:
        result = turned(result ^ byte * P5 & MASK, 11) * P1 & MASK
    result = (result ^ result >> 33) * P2 & MASK
    result = (result ^ result >> 29) * P3 & MASK
    return result ^ result >> 32


class Bloom:
    def __init__(self, bits):
        assert len(bits) % 32 == 0 and bits
        self.words = struct.unpack(f"<{len(bits) // 4}I", bits)

    def __contains__(self, data):
        hashed = xxh64(data)
        block = (hashed >> 32) * (len(self.words) // 8) >> 32
        low = hashed & 0xffffffff
        return all(self.words[block * 8 + i] >> ((low * salt & 0xffffffff) >> 27) & 1 for i, salt in enumerate(SALT))


def plain_bytes(kind, value):
    """As PLAIN writes it, texts without their length; None for kinds that this does not know."""
    if kind == "string":
        return value.encode()
    if kind == "double":
        return struct.pack("<d", struct.unpack(">d", bytes.fromhex(value))[0])
    if kind in ("int64", "timestamp", "timestamp_utc"):
        return struct.pack("<q", value)
    return struct.pack("<i", value) if kind in ("int32", "date") else None
