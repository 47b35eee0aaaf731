"""Opening data by name: `open_data("fashion")`, `open_data("grey:photos/", size=64)`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gansmith.core.suggest import closest_match
from gansmith.data.catalog import DATA, open_named
from gansmith.data.domains import map_domains
from gansmith.data.few_labels import keep_labels
from gansmith.data.hub_name import HUB
from gansmith.data.names import DataName, given_name, parse_name
from gansmith.data.readers.options import ReadOptions
from gansmith.data.readers.split import refuse_val
from gansmith.data.spec import DataError, Dataset
from gansmith.data.transforms.resize import resized
from gansmith.data.wrappers import Reader, find_wrapper


def open_data(
    data: Any,
    *,
    size: int | None = None,
    channels: int | None = None,
    val: float | None = None,
    skip_bad: bool = False,
    labelled: int = 0,
    labelled_seed: int = 0,
) -> Dataset:
    """A data set by its name in DATA, as emoji:STYLE+STYLE, by the path of the user's own files,
    by a function or object in a Python file, my_file.py:my_data, or a Python object itself: see
    `gansmith.data.objects`.

    Before the name may stand wrappers, each with a colon, the outermost first (WRAPPERS): grey,
    edges, blur, noise, down2, down4, hole, noisy: each example is conditioned on a degraded copy.
    pairs, pairs-reversed: images with two halves, the left one the condition, or the right one.
    video, video8: frames of videos, conditioned on the 4 or 8 frames before. film-audio: frames of
    films, conditioned on the sound around them. embed-text: sentences become vectors. to-labels:
    the labels are the output, and what they describe the condition. domains: the classes become
    domains. labelled: the domains become classes.

    hf:NAME is a data set of the hub, or a folder of that form (`readers.hub`).

    A name in DATA comes before a path: ./faces is a path called as a data set, and so is a Path
    that exists.
    size, channels: what images are brought to; None keeps them as they are.
    val: the part of the user's own data to hold out; named data sets have a split of their own.
    skip_bad: leave out those of the user's files that cannot be read, instead of refusing all.
    labelled: how many training examples keep their labels, balanced over the classes; 0 for all.
    labelled_seed: draws them.
    Raises DataError when there is no such name or path, or the data cannot be used.
    """
    options = ReadOptions(size=size, channels=channels, val=val, skip_bad=skip_bad)
    name = parse_name(data) if isinstance(data, str | Path) else given_name(data)
    try:
        if isinstance(data, str | Path | DataName):
            dataset = _open(name, options)
        else:
            from gansmith.data.objects import object_dataset

            dataset = object_dataset(data, options)
    except (MemoryError, RecursionError) as error:
        where = "".join(getattr(error, "__notes__", ()))
        raise DataError(f"{name}{where} takes more memory than there is: {error}") from error
    except ImportError as error:
        error.add_note(f", which {name} needs")
        raise
    return keep_labels(dataset, labelled, labelled_seed) if labelled else dataset


def open_given(data: Any, **options: Any) -> Dataset:
    """`open_data` of what a person gives, who may mean another thing by a name: see `given_name`.

    Raises DataError as these two.
    """
    return open_data(given_name(data) if isinstance(data, str | Path) else data, **options)


def _open(name: DataName, options: ReadOptions) -> Dataset:
    if not name.wrappers:
        return _open_base(name, options)
    first, *rest = name.wrappers
    inner = DataName(tuple(rest), name.base)
    found = find_wrapper(first)
    assert found is not None
    wrapper, argument = found
    if isinstance(wrapper, Reader):
        if rest or not inner.is_path:
            raise DataError(f"{first}: reads files, so a path follows it; got {str(inner)!r}")
        _check_exists(inner)
        return wrapper.read(inner.path, argument, options)
    dataset = _open(inner, options)
    if not wrapper.each_domain:
        return wrapper.apply(dataset, argument)
    return map_domains(
        lambda x: wrapper.apply(x, argument), dataset, f"{first}:{dataset.spec.name}"
    )


def _open_base(name: DataName, options: ReadOptions) -> Dataset:
    if name.base.startswith(HUB):
        from gansmith.data.readers.hub import read_hub

        return read_hub(name.base, options)
    if name.is_code:
        from gansmith.data.objects import file_dataset

        return file_dataset(name.base, options)
    if name.is_object:
        raise DataError(f"{name} was an object in Python, which no name finds: give it again")
    if not name.is_path:
        refuse_val(options.val, name.base)
        return resized(open_named(name.base), options.size, options.channels)
    if name.path.suffix == ".py":
        raise DataError(f"{name}: say which of its functions gives the data, {name}:my_data")
    _check_exists(name)
    from gansmith.data.readers.read import read_path  # only here: names need no readers

    return read_path(
        name.path,
        size=options.size,
        channels=options.channels,
        val=options.val,
        skip_bad=options.skip_bad,
    )


def _check_exists(name: DataName) -> None:
    if not name.path.exists():
        meant = closest_match(name.base.lower(), DATA)
        hint = f"; did you mean {meant!r}?" if meant else "."
        raise DataError(
            f"no data set and no path is called {name.base!r}{hint} Data sets are {', '.join(DATA)}"
        )
