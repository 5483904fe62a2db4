"""The log in tiles: which hashes are kept so that any proof is a few reads away.

- A tile is 256 hashes of one level of the RFC 9162 tree (C2SP tlog-tiles); it is written once,
  when it is complete. What is not complete is hashed again from the leaves when it is needed.
"""

from collections.abc import Sequence

from muniment.proof.errors import StorageFault
from muniment.proof.merkle import leaf_hash, root
from muniment.storage.protocol import Storage, Tile

TILE_WIDTH = 256
TILE_HEIGHT = 8


class LogTiles:
    """The incomplete tiles of a growing log."""

    def __init__(self, storage: Storage, size: int) -> None:
        self._restored = storage.restored()
        self._open: list[list[bytes]] = []
        self._done: list[int] = []
        complete = size
        while complete or not self._open:
            level, first = len(self._open), complete - complete % TILE_WIDTH
            known = self._known(level, first)
            start = first + len(known)
            if level:
                known += [tile.root for tile in storage.tiles(level - 1, start, complete)]
            else:
                known += [leaf_hash(entry.leaf) for entry in storage.entries(start, complete)]
            self._open.append(known)
            complete //= TILE_WIDTH
            self._done.append(complete)

    def _known(self, level: int, first: int) -> list[bytes]:
        """Return what a snapshot brought of the tile of `level` that begins at hash `first`."""
        count = self._restored.size >> TILE_HEIGHT * level
        if not count or count - count % TILE_WIDTH != first or level >= len(self._restored.tiles):
            return []
        return divided(self._restored.tiles[level])

    def incomplete(self) -> tuple[bytes, ...]:
        """Return for each level the hashes of its incomplete tile: all that growing needs."""
        return tuple(b"".join(hashes) for hashes in self._open)

    def append(self, hashes: Sequence[bytes]) -> list[Tile]:
        """Add leaf hashes; return the tiles that they complete."""
        tiles: list[Tile] = []
        self._open[0].extend(hashes)
        for level in range(64):
            if level == len(self._open):
                break
            self._complete(level, tiles)
        return tiles

    def _complete(self, level: int, tiles: list[Tile]) -> None:
        pending = self._open[level]
        while len(pending) >= TILE_WIDTH:
            full, pending = pending[:TILE_WIDTH], pending[TILE_WIDTH:]
            tile = Tile(level, self._done[level], root(full), b"".join(full))
            tiles.append(tile)
            self._done[level] += 1
            if level + 1 == len(self._open):
                self._open.append([])
                self._done.append(0)
            self._open[level + 1].append(tile.root)
        self._open[level] = pending


class LogReader:
    """Reads hashes of complete subtrees of the log, for proofs over its first `size` leaves."""

    def __init__(self, storage: Storage, size: int) -> None:
        self._storage = storage
        self._size = size
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    def node(self, level: int, number: int) -> bytes:
        """Return the hash of the complete subtree of 2^level leaves with this number."""
        tile_level, within = divmod(level, TILE_HEIGHT)
        if within == 0 and tile_level:
            tile = self._storage.tile(tile_level - 1, number)
            if tile is None:
                raise StorageFault(f"Tile {tile_level - 1}/{number} of the log is missing.")
            return tile.root
        first = number << within
        hashes = self._hashes(tile_level, first // TILE_WIDTH)
        start = first % TILE_WIDTH
        return root(hashes[start : start + (1 << within)])

    def _hashes(self, level: int, number: int) -> Sequence[bytes]:
        if (level, number) not in self._tiles:
            self._tiles[level, number] = self._read(level, number)
        return self._tiles[level, number]

    def _read(self, level: int, number: int) -> Sequence[bytes]:
        tile = self._storage.tile(level, number)
        if tile is not None:
            return divided(tile.hashes)
        first = number * TILE_WIDTH
        if level == 0:
            last = min(first + TILE_WIDTH, self._size)
            return [leaf_hash(entry.leaf) for entry in self._storage.entries(first, last)]
        below = self._storage.tiles(level - 1, first, first + TILE_WIDTH)
        return [one.root for one in below]




def divided(hashes: bytes) -> list[bytes]:
    """Return the single hashes of a tile."""
    return [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
