"""Data sets by name or path: `open_data("fashion")`, `open_data("photos/", size=64)`."""

from gansmith.data.builtin.generated import modes
from gansmith.data.builtin.grammar import accepts
from gansmith.data.catalog import DATA
from gansmith.data.condition import Condition
from gansmith.data.domains import domains_dataset
from gansmith.data.names import DataName, given_name, parse_name
from gansmith.data.open import open_data, open_given
from gansmith.data.source import Join, Mix, Source, from_loader, mixed_source, open_source
from gansmith.data.spec import DataError, Dataset, DataSpec, Fields, NotImagesError
from gansmith.data.transforms.degrade import DEGRADATIONS
from gansmith.data.wrappers import WRAPPERS

__all__ = [
    "DATA",
    "DEGRADATIONS",
    "WRAPPERS",
    "Condition",
    "DataError",
    "DataName",
    "DataSpec",
    "Dataset",
    "Fields",
    "Join",
    "Mix",
    "NotImagesError",
    "Source",
    "accepts",
    "domains_dataset",
    "from_loader",
    "given_name",
    "mixed_source",
    "modes",
    "open_data",
    "open_given",
    "open_source",
    "parse_name",
]
