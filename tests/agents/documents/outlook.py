"""Outlook files (.msg) for tests: a compound file ([MS-CFB], version 3) with the properties of [MS-OXMSG]."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SECTOR, MINI, CUTOFF = 512, 64, 4096
STRING, BINARY, INTEGER = 0x001F, 0x0102, 0x0003
SUBJECT, BODY, HEADERS, UNICODE = 0x0037, 0x1000, 0x007D, 0x340D
ATTACHED, METHOD, FILENAME = 0x3701, 0x3705, 0x3707
Tree = Mapping[str, "bytes | Tree"]
Values = Mapping[int, str | bytes | int]


def msg(path: Path, sender: str, subject: str, body: str, attachments: Mapping[str, bytes]) -> Path:
    """Write a mail with its attachments."""
    head = struct.pack("<8xIIII8x", 0, len(attachments), 0, len(attachments))
    headers = f"From: {sender}\r\nSubject: {subject}\r\n"
    values: Values = {SUBJECT: subject, BODY: body, HEADERS: headers, UNICODE: 0x40000}
    tree: dict[str, bytes | Tree] = dict(_storage(head, values))
    for number, (name, data) in enumerate(attachments.items()):
        tree[f"__attach_version1.0_#{number:08X}"] = _storage(bytes(8), {METHOD: 1, FILENAME: name, ATTACHED: data})
    path.write_bytes(compound(tree))
    return path


def _storage(head: bytes, values: Values) -> Tree:
    found: dict[str, bytes | Tree] = {}
    listed = head
    for identifier, value in values.items():
        if isinstance(value, int):
            listed += struct.pack("<HHIII", INTEGER, identifier, 6, value, 0)
            continue
        kind, data = (STRING, value.encode("utf-16-le")) if isinstance(value, str) else (BINARY, value)
        listed += struct.pack("<HHIII", kind, identifier, 6, len(data) + 2 * (kind == STRING), 0)
        found[f"__substg1.0_{identifier:04X}{kind:04X}"] = data
    return {**found, "__properties_version1.0": listed}


def compound(tree: Tree) -> bytes:
    """Return a compound file that holds a tree of storages and streams."""
    entries: list[list[object]] = [["Root Entry", 5, FREE, FREE, END, 0]]  # name, kind, right, child, start, size
    streams: list[tuple[int, bytes]] = []
    _enter(tree, 0, entries, streams)
    sectors: list[bytes] = []
    table: list[int] = []
    mini_table: list[int] = []
    mini = b""
    for place, data in streams:
        if len(data) < CUTOFF:
            entries[place][4] = len(mini_table)
            count = -(-len(data) // MINI)
            mini_table += [*range(len(mini_table) + 1, len(mini_table) + count), END] if count else []
            mini += data.ljust(count * MINI, b"\0")
        else:
            entries[place][4] = _put(sectors, table, data)
    entries[0][4:6] = [_put(sectors, table, mini), len(mini)]
    packed = struct.pack(f"<{len(mini_table)}I", *mini_table)
    mini_start = _put(sectors, table, packed, b"\xff")
    folder_start = _put(sectors, table, b"".join(map(_entry, entries)))
    size = next(n for n in range(1, 100) if n * 128 >= len(table) + n)
    table += [FAT] * size
    table += [FREE] * (size * 128 - len(table))
    numbers = [*range(len(sectors), len(sectors) + size)]
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, size, folder_start, 0,
        CUTOFF, mini_start, -(-len(packed) // SECTOR), END, 0, *numbers[:1],
    )  # fmt: skip
    head += struct.pack(f"<{len(numbers) - 1}I", *numbers[1:]) + struct.pack("<I", FREE) * (109 - len(numbers))
    return head + b"".join(sectors) + struct.pack(f"<{len(table)}I", *table)


def _enter(tree: Tree, parent: int, entries: list[list[object]], streams: list[tuple[int, bytes]]) -> None:
    before = None
    for name, value in tree.items():
        place = len(entries)
        kind = 2 if isinstance(value, bytes) else 1
        entries.append([name, kind, FREE, FREE, END if kind == 2 else 0, len(value) if isinstance(value, bytes) else 0])
        if before is None:
            entries[parent][3] = place
        else:
            entries[before][2] = place
        before = place
        if isinstance(value, bytes):
            streams.append((place, value))
        else:
            _enter(value, place, entries, streams)


def _put(sectors: list[bytes], table: list[int], data: bytes, fill: bytes = b"\0") -> int:
    """Lay data into sectors of its own and return the first."""
    count = -(-len(data) // SECTOR)
    if not count:
        return END
    start = len(sectors)
    padded = data.ljust(count * SECTOR, fill)
    sectors += [padded[place : place + SECTOR] for place in range(0, len(padded), SECTOR)]
    table += [*range(start + 1, start + count), END]
    return start


def _entry(entry: Sequence[object]) -> bytes:
    name, kind, right, child, start, size = entry
    text = str(name).encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16xI16xIQ", text, len(text) + 2, kind, 1, FREE, right, child, 0, start, size
    )  # fmt: skip
