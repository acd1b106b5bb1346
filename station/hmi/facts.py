"""Facts about who is shown the station's pages: the table `[pages]` of the station's services."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from station.errors import InputError


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Who is shown the pages, which ask for no token and show every part: this machine's own screen, and nobody else
    by default.

    `screens` are the addresses of further screens that stand at the cell: a touch there counts as one on its own.
    `viewers` are addresses or networks (`10.0.7.0/24`) that see the pages and press nothing. What a proxy passes on is
    shown where the proxy's address is among them: then it is the proxy who decides.
    """

    screens: tuple[str, ...] = ()
    viewers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, of, what in (
            ("screens", ip_address, "an address"),
            ("viewers", ip_network, "an address or a network (10.0.7.0/24)"),
        ):
            for at, text in enumerate(getattr(self, name)):
                try:
                    of(text)
                except ValueError:
                    raise InputError(f"{text[:60]!r} is not {what}", place=f"pages.{name}[{at}]") from None

    def sees(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether an address is a viewer's."""
        networks: list[IPv4Network | IPv6Network] = [ip_network(one) for one in self.viewers]
        return any(address in network for network in networks)
