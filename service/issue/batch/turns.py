"""Lets others write between the transactions of a batch, which would else follow each other without a gap."""

from service.office import Office

PAUSE_SECONDS = 0.005
"""Twice as long as it takes until whoever waits for the writer's lock asks again."""


def give_way(office: Office) -> None:
    """Give whoever waits for the writer's lock a turn."""
    office.sleep(PAUSE_SECONDS)
