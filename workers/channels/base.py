"""What a delivery channel is: it acts once per delivery key, and says how far it can promise that."""

from typing import Protocol

from core.store.deliveries import Delivery


class Channel(Protocol):
    """One way out. `deduplicates` is True where sending the same key again has no second effect."""

    name: str
    deduplicates: bool

    def send(self, delivery: Delivery) -> str:
        """Carry out the delivery and return the provider's reference. Raises TryLater, Rejected or Broken."""
        ...
