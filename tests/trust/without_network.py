"""Runs pytest, the whole suite by default, where no packet can leave, and says which tried to.

    python tests/trust/without_network.py [arguments of pytest]

Needs Linux with `unshare` and `ip`, but no rights: the network is one of its own, seen by nobody else.
"""

import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

NETWORK = """
set -e
ip link set lo up
ip link add out type veth peer name counted
echo 1 > /proc/sys/net/ipv6/conf/out/disable_ipv6 2>/dev/null || ip link set out addrgenmode none
echo 1 > /proc/sys/net/ipv6/conf/counted/disable_ipv6 2>/dev/null || ip link set counted addrgenmode none
ip addr add 10.9.9.9/24 dev out
ip link set out up
ip link set counted up
ip route add default via 10.9.9.1
ip neigh add 10.9.9.1 lladdr 02:00:00:00:00:01 dev out
printf 'nameserver 10.9.9.1\\noptions timeout:1 attempts:1\\n' > "$1/resolv.conf"
mount --bind "$1/resolv.conf" /etc/resolv.conf
"""
"""Makes a network whose every way out leads to a cable at whose other end packets are counted, and nobody answers.

A script for `sh` in `unshare -rnm`; its first argument is a folder that it may write to.
"""

_ARP, _IPV4, _UDP, _TCP = 0x0806, 0x0800, 17, 6
# Names and addresses that belong to nobody (RFC 2606, RFC 5737): only tests that mean to fail ask for them.
_NOBODYS = re.compile(r"(^|\.)(invalid|test|example|example\.(com|net|org))$|^(192\.0\.2|198\.51\.100|203\.0\.113)\.")
_CALLED = "PYTEST_CURRENT_TEST"


def main(arguments: list[str]) -> int:
    """Start again inside a network of its own.

    Returns:
        The exit status of pytest; 3 where all passed but something was asked of somebody else.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = f'{NETWORK}\npython=$2 script=$3; shift 3; exec "$python" "$script" --inside "$@"'
        start = ["unshare", "-rnm", "sh", "-c", command, "sh", folder, sys.executable, __file__, *arguments]
        return subprocess.run(start, check=False).returncode


def inside(arguments: list[str]) -> int:
    """Run pytest in this process, and listen at the other end of the cable."""
    import pytest

    left: Counter[tuple[str, str]] = Counter()
    threading.Thread(target=_listen, args=(left,), daemon=True).start()
    status = int(pytest.main(arguments))
    time.sleep(0.5)
    others = 0
    print(f"\n{sum(left.values())} packets tried to leave", flush=True)
    for (where, test), number in sorted(left.items()):
        nobodys = bool(_NOBODYS.search(where.split()[-1].partition(":")[0]))
        others += 0 if nobodys else number
        print(f"{number:5}  {where}{'  (belongs to nobody)' if nobodys else ''}  {test}")
    print(f"{others} of them to somebody", flush=True)
    return status or (3 if others else 0)


def _listen(left: "Counter[tuple[str, str]]") -> None:
    cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    cable.bind(("counted", 0))
    while True:
        frame, (_, _, kind, *_) = cable.recvfrom(65536)
        # What the other end itself sends is none of ours.
        if kind != socket.PACKET_OUTGOING:
            left[_where_to(frame), os.environ.get(_CALLED, "outside of tests").partition(" (")[0]] += 1


def _where_to(frame: bytes) -> str:
    """Whom an Ethernet frame is for: the name that is looked up, or the address and port."""
    (kind,) = struct.unpack("!H", frame[12:14])
    if kind == _ARP:
        return f"ARP for {socket.inet_ntoa(frame[38:42])}"
    if kind != _IPV4:
        return f"frame of kind {kind:04x}"
    packet = frame[14:]
    address, data = socket.inet_ntoa(packet[16:20]), packet[(packet[0] & 15) * 4 :]
    if packet[9] not in (_UDP, _TCP):
        return f"protocol {packet[9]} to {address}"
    (port,) = struct.unpack("!H", data[2:4])
    if packet[9] == _UDP and port == 53:
        with suppress(IndexError, UnicodeDecodeError):
            return f"look-up of {_name(data[8:])}"
    return f"{'TCP' if packet[9] == _TCP else 'UDP'} to {address}:{port}"


def _name(query: bytes) -> str:
    """The name that a DNS query asks for."""
    labels, place = [], 12
    while length := query[place]:
        labels.append(query[place + 1 : place + 1 + length].decode())
        place += 1 + length
    return ".".join(labels)


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    given = sys.argv[1:]
    raise SystemExit(inside(given[1:]) if given[:1] == ["--inside"] else main(given))
