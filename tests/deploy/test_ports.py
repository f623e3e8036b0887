"""Ports: a taken one is told, and the one that is offered instead can be had."""

from __future__ import annotations

import re
import socket
from contextlib import closing

import pytest

from deploy.embedded.ports import LOOPBACK, PortTaken, free_port, require_free


def test_a_free_port_can_be_had() -> None:
    require_free(LOOPBACK, free_port())


@pytest.mark.parametrize("host", [LOOPBACK, "0.0.0.0"])
def test_a_taken_port_is_told_and_a_free_one_is_offered(host: str) -> None:
    with closing(socket.create_server((host, 0))) as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port} is taken\. Try: \./run --port \d+") as refused:
            require_free(LOOPBACK, port)
    offered = re.search(r"--port (\d+)", str(refused.value))
    assert offered is not None
    require_free(LOOPBACK, int(offered[1]))


def test_a_stranger_who_shares_ports_is_noticed_too() -> None:
    with closing(socket.socket()) as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        stranger.bind((LOOPBACK, 0))
        stranger.listen()
        with pytest.raises(PortTaken):
            require_free(LOOPBACK, stranger.getsockname()[1])


def test_a_stranger_on_the_other_localhost_is_noticed_too() -> None:
    try:
        stranger = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no ::1 on this machine")
    with closing(stranger), pytest.raises(PortTaken):
        require_free(LOOPBACK, stranger.getsockname()[1])
