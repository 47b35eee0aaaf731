"""The name of a data set of the hub: `hf:NAME`, `hf:NAME:SPLIT`, `hf:NAME:CONFIGURATION:SPLIT`."""

from __future__ import annotations

import re
from typing import NamedTuple

from gansmith.core.files import user_path
from gansmith.data.spec import DataError

HUB = "hf:"
FORM = re.compile(
    r"hf:(?P<place>(?:[A-Za-z]:[\\/])?[^:]+)"  # a drive of Windows has a colon of its own
    r"(?::(?P<configuration>[^:]+)(?=:))?(?::(?P<split>[\w.-]+)(?:\[:(?P<rows>\d+)\])?)?"
)


class HubName(NamedTuple):
    """A name in its parts; `str` gives it back.

    place: user/name on the hub, or a folder here, which begins with a dot, a slash or ~.
    configuration, split: "" for the only one, and for the usual ones. rows: how many rows, from the
    first, are taken; 0 for all.
    """

    place: str
    configuration: str = ""
    split: str = ""
    rows: int = 0

    def __str__(self) -> str:
        split = self.split + (f"[:{self.rows}]" if self.rows else "")
        return HUB + ":".join(x for x in (self.place, self.configuration, split) if x)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of this machine."""
        return self.place.startswith((".", "~")) or user_path(self.place).is_absolute()

    def absolute(self) -> HubName:
        """The same, valid from any folder."""
        place = str(user_path(self.place).absolute()) if self.is_folder else self.place
        return self._replace(place=place)

    def placeless(self) -> HubName:
        """The same, without the place of a folder, which still is no name on the hub."""
        place = f"./{user_path(self.place).name}" if self.is_folder else self.place
        return self._replace(place=place)


def parse_hub_name(name: str) -> HubName:
    """The parts of a name. Raises DataError for one of another form."""
    match = FORM.fullmatch(name)
    if match is None:
        raise DataError(
            f"{name}: data of the hub is named hf:NAME, hf:NAME:SPLIT or hf:NAME:CONFIGURATION:"
            "SPLIT, where [:1000] behind a split takes its first 1000 rows"
        )
    found = match.groupdict(default="")
    return HubName(found["place"], found["configuration"], found["split"], int(found["rows"] or 0))
