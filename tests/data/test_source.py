"""Batches are a pure function of their number, and every example comes up once per epoch."""

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from gansmith.data.build import image_dataset, points_dataset
from gansmith.data.domains import domains_dataset
from gansmith.data.source import Join, Source, from_loader, open_source
from gansmith.data.spec import DataError


def numbers(count: int) -> dict[str, torch.Tensor]:
    return {"real": torch.arange(count), "label": torch.arange(count) * 10}


def read(source, batches) -> torch.Tensor:
    return torch.cat([source.at(n)["real"] for n in batches])


def test_a_batch_does_not_depend_on_what_was_asked_before():
    forth = [Source(numbers(10), 4, seed=3).at(n)["real"] for n in range(12)]
    source = Source(numbers(10), 4, seed=3)
    for n in (7, 2, 11, 2, 0, 5, 1, 10, 3, 9, 4, 8, 6):
        assert torch.equal(source.at(n)["real"], forth[n])


def test_every_example_once_per_epoch_in_ever_new_orders():
    seen = read(Source(numbers(10), 4, seed=3), range(10)).view(4, 10)
    assert torch.equal(seen.sort().values, torch.arange(10).expand(4, 10))
    assert len({tuple(epoch.tolist()) for epoch in seen}) == 4


@pytest.mark.parametrize("batch", [7, 10, 64])
def test_a_data_set_smaller_than_the_batch_comes_up_evenly(batch):
    source = Source(numbers(3), batch, seed=0)
    for n in range(5):
        assert source.at(n)["real"].shape == (batch,)
    counts = read(source, range(5)).bincount(minlength=3)
    assert counts.max() - counts.min() <= 1


def test_all_fields_are_read_at_the_same_rows():
    batch = Source(numbers(50), 16, seed=1).at(4)
    assert torch.equal(batch["label"], batch["real"] * 10)


def test_seeds_and_streams_give_other_orders():
    orders = [
        tuple(Source(numbers(20), 20, *key).at(0)["real"].tolist())
        for key in ((0, 0), (1, 0), (0, 1))
    ]
    assert len(set(orders)) == 3


def test_the_order_is_pinned():
    assert Source(numbers(8), 8, seed=5).at(0)["real"].tolist() == [5, 7, 6, 0, 3, 2, 1, 4]


def test_memory_mapped_tensors(tmp_path):
    path = str(tmp_path / "values.bin")
    torch.arange(24, dtype=torch.uint8).numpy().tofile(path)
    mapped = torch.from_file(path, shared=False, size=24, dtype=torch.uint8).view(12, 2)
    batch = Source({"real": mapped}, 5, seed=0).at(1)["real"]
    assert batch.shape == (5, 2)
    assert torch.equal(batch[:, 1], batch[:, 0] + 1)


def test_a_batch_is_a_copy():
    fields = numbers(4)
    Source(fields, 4, seed=0).at(0)["real"].zero_()
    assert fields["real"].sum() == 6


@pytest.mark.parametrize(
    "fields", [{"real": torch.zeros(0, 2)}, {"real": torch.zeros(3), "label": torch.zeros(2)}]
)
def test_fields_that_cannot_be_read_are_refused(fields):
    with pytest.raises(DataError, match="one length"):
        Source(fields, 4, seed=0)


def test_bad_numbers_are_refused():
    with pytest.raises(DataError, match="1 example"):
        Source(numbers(3), 0, seed=0)
    with pytest.raises(DataError, match="from 0"):
        Source(numbers(3), 1, seed=0).at(-1)


def test_join_names_its_fields_and_keeps_its_batch_sizes():
    labelled, unlabelled = Source(numbers(9), 2, 0), Source(numbers(5), 6, 0, stream=1)
    batch = Join(labelled=labelled, unlabelled=unlabelled).at(3)
    assert set(batch) == {"labelled", "labelled_label", "unlabelled", "unlabelled_label"}
    assert torch.equal(batch["labelled"], labelled.at(3)["real"])
    assert torch.equal(batch["unlabelled_label"], unlabelled.at(3)["label"])


def test_join_refuses_sources_that_would_read_in_step():
    with pytest.raises(DataError, match="stream"):
        Join(a=Source(numbers(5), 2, 0), b=Source(numbers(5), 2, 0))
    with pytest.raises(DataError, match="0 joined"):
        Join()


def test_open_source_joins_domains_in_unequal_orders():
    values = torch.arange(40, dtype=torch.uint8).view(40, 1, 1, 1)
    one = image_dataset("one", {"real": values}, {"real": values})
    batch = open_source(domains_dataset("two", {"a": one, "b": one}), 40, seed=0).at(0)
    assert set(batch) == {"a", "b"}
    assert not torch.equal(batch["a"], batch["b"])
    assert torch.equal(batch["a"].flatten().sort().values, values.flatten())


def test_open_source_reads_the_training_part():
    points = points_dataset("p", torch.zeros(3, 2), torch.ones(3, 2))
    assert open_source(points, 2, seed=0).at(0)["real"].sum() == 0


def test_the_batches_of_a_loader_come_in_turn_and_again() -> None:
    x, y = torch.arange(6.0)[:, None], torch.arange(6)
    loader = DataLoader(TensorDataset(x, y), batch_size=2)
    source = from_loader(loader)
    for n in (0, 1, 1, 2, 3, 7, 0):  # also one twice, beyond the end, far ahead, and back
        batch = source.at(n)
        assert batch.keys() == {"real", "label"}
        assert batch["label"].tolist() == [2 * (n % 3), 2 * (n % 3) + 1]
    assert from_loader([x]).at(1).keys() == {"real"}
    assert from_loader([{"tokens": y}]).at(0)["tokens"] is y


@pytest.mark.parametrize("loader", [[], [3.0], [("a", "b")], [{}]])
def test_a_loader_without_batches_of_tensors_is_refused(loader: list) -> None:
    with pytest.raises(DataError, match="no batch|a batch is a tensor"):
        from_loader(loader).at(0)
