"""What trust hangs on, kept beside the trust policy: a node may not keep those blocks for ever.

- A node that began from a snapshot, or that prunes, lacks the block of the header that the policy
  trusts. Whoever made evidence once keeps the few blocks by which trust was handed on.
- Nothing here is believed: whoever reads a block verifies it, as if a node had answered.
"""

import json
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from muniment.network.light_block import Responder, read_light_block
from muniment.node.wallet import write_private
from muniment.proof.errors import LedgerError, Refused

FOLDER = "kept-blocks"
_METHODS = ("commit", "validators")


class KeptBlocks:
    """A node that answers also for the blocks that are kept in a directory.

    Args:
        rpc: The node.
        directory: Where the trust policy is; none keeps nothing.
        node_alone: Whether only what the node itself answers counts; it is kept all the same.
    """

    def __init__(
        self, rpc: Responder, directory: Path | None, *, node_alone: bool = False
    ) -> None:
        self._rpc = rpc
        self._node_alone = node_alone
        self._folder = directory / FOLDER if directory is not None else None
        self._answers: dict[int, dict[str, Any]] = {}

    def heights(self) -> list[int]:
        """Return the heights that are kept."""
        if self._folder is None or not self._folder.is_dir():
            return []
        return sorted(int(path.stem) for path in self._folder.glob("*.json")
                      if path.stem.isdecimal())

    def call(self, method: str, **parameters: Any) -> Any:
        """Return what the node answers; of a block that it does not keep, what is kept here.

        Raises:
            Busy: The node cannot be reached.
            Refused: It answers with an error, and nothing is kept here.
        """
        if method not in _METHODS:
            return self._rpc.call(method, **parameters)
        name = f"{method} {parameters.get('page', 1)}"
        try:
            answer = self._rpc.call(method, **parameters)
        except Refused:
            answer = self._kept(parameters["height"]).get(name)
            if answer is None or self._node_alone:
                raise
        self._answers.setdefault(parameters["height"], {})[name] = answer
        return answer

    def _kept(self, height: int) -> dict[str, Any]:
        try:
            plain = json.loads(self._path(height).read_bytes())
        except (OSError, ValueError):
            return {}
        return plain if isinstance(plain, dict) else {}

    def _path(self, height: int) -> Path:
        return (self._folder or Path(FOLDER)) / f"{height}.json"

    def keep(self, heights: Collection[int]) -> None:
        """Keep what was answered for these heights, and nothing for others.

        A directory that cannot be written keeps nothing: evidence is made all the same.
        """
        if self._folder is None:
            return
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for height in sorted(heights):
                standing = self._kept(height)
                if not any(name.startswith("validators") for name in
                           (*standing, *self._answers.get(height, ()))):
                    with suppress(LedgerError):  # a step to the next block asked for none
                        read_light_block(self, height)
                answers = self._answers.get(height, {})
                if answers.keys() - standing.keys():
                    merged = json.dumps({**standing, **answers})
                    write_private(self._path(height), merged.encode("ascii"))
            for height in set(self.heights()) - set(heights):
                self._path(height).unlink(missing_ok=True)
