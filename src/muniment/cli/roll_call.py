"""`network status` of a real network: a row for each validator, as a member's own node sees it."""

import sys
import time
from dataclasses import asdict
from typing import Any

from muniment.cli.common import print_json, show, show_table
from muniment.model.counting import counted


def show_network(rpc: Any, *, watch: bool, as_json: bool) -> bool:
    """Show who votes in a network, and return whether all is well.

    Args:
        rpc: The node that is asked.
        watch: Whether to look again every second, until the user ends it.
        as_json: Whether to print JSON.

    Raises:
        Busy: The node cannot be reached.
    """
    from muniment.network.roll_call import call_roll

    roll = call_roll(rpc)
    _show(roll, as_json=as_json)
    while watch:
        try:
            sys.stdout.flush()
            time.sleep(1)
        except KeyboardInterrupt:
            break
        roll = call_roll(rpc)
        _show(roll, as_json=as_json)
    return bool(roll.is_well)


def _show(roll: Any, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(roll), "voted": roll.voted, "total": roll.total,
                    "stands_still": roll.stands_still, "well": roll.is_well})
        return
    doing = "catching up" if roll.is_catching_up else "abreast"
    show([
        ("network", f"{roll.chain_id}, block {roll.height}, {roll.age} s old"
         f"{': it STANDS STILL' if roll.stands_still else ''}"),
        ("node", f"{roll.node[:12]} at {roll.url}, {doing}, "
         f"{counted(roll.peers, 'peer')}"),
        ("voted", f"{roll.voted} of {roll.total} power lately; more than two thirds decide"),
        *([("announced", roll.announced)] if roll.announced else []),
    ])
    show_table(("office", "power", "last signed", "connected", "node"), [
        (one.office, one.power or "observes",
         "-" if one.last_signed is None else one.last_signed,
         "yes" if one.is_connected else "no", one.node[:12] or "-") for one in roll.voters])
