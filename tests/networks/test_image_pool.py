from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gansmith.core import distributed
from gansmith.core.rng import Rng
from gansmith.networks.image_pool import ImagePool


def pictures(first: int, count: int) -> Tensor:
    """Pictures filled with their own number."""
    numbers = torch.arange(first, first + count, dtype=torch.float32)
    return numbers[:, None, None, None].expand(-1, 1, 2, 2).contiguous()


def numbers(x: Tensor) -> list[int]:
    assert (x == x[:, :, :1, :1]).all()
    return x[:, 0, 0, 0].int().tolist()


def test_by_hand() -> None:
    pool = ImagePool(3, (1, 2, 2))
    u = torch.tensor(
        [
            *([0.1, 0.1], [0.1, 0.1], [0.9, 0.9]),
            *([0.9, 0.0], [0.1, 0.0], [0.49, 0.99], [0.5, 0.5], [0.0, 0.4], [0.0, 0.4]),
        ]
    )
    out = pool(pictures(10, 9), u)
    # three are stored; then kept out, 10 and 12 swapped, kept out, 11 swapped, 17 swapped
    assert numbers(out) == [10, 11, 12, 13, 10, 12, 16, 11, 17]
    assert numbers(pool.images) == [14, 18, 15]
    assert pool.filled == 3
    assert pool.filled.dtype == torch.int64


def test_eight_at_once_are_four_and_four() -> None:
    once, twice = ImagePool(5, (1, 2, 2)), ImagePool(5, (1, 2, 2))
    for n in range(6):
        x, u = pictures(8 * n, 8), Rng(0, n).uniform(8, 2)
        parts = [twice(x[:4], u[:4]), twice(x[4:], u[4:])]
        assert torch.equal(once(x, u), torch.cat(parts))
        assert torch.equal(once.images, twice.images)
        assert torch.equal(once.filled, twice.filled)


def test_nothing_is_lost_or_made_up() -> None:
    pool, out = ImagePool(6, (1, 2, 2)), []
    for n in range(50):
        out += numbers(pool(pictures(4 * n, 4), Rng(1, n).uniform(4, 2)))
    seen = out[6:] + numbers(pool.images)  # the first six were returned and stored
    assert sorted(seen) == list(range(200))
    older = sum(number < i // 4 * 4 for i, number in enumerate(out))
    assert 70 < older < 125


def test_state_is_saved() -> None:
    first, second = ImagePool(4, (1, 2, 2)), ImagePool(4, (1, 2, 2))
    first(pictures(0, 6), Rng(0).uniform(6, 2))
    assert set(first.state_dict()) == {"images", "filled"}
    second.load_state_dict(first.state_dict())
    x, u = pictures(6, 8), Rng(1).uniform(8, 2)
    assert torch.equal(first(x, u), second(x, u))


def test_what_comes_back_is_detached_and_apart() -> None:
    pool, x = ImagePool(2, (1, 2, 2)), pictures(0, 4).requires_grad_()
    out = pool(x * 1, torch.zeros(4, 2))
    assert not out.requires_grad
    kept = pool.images.clone()
    out.zero_()
    assert torch.equal(pool.images, kept)
    assert numbers(x.detach()) == [0, 1, 2, 3]


def test_every_process_holds_the_same_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes of two pictures are one process of four."""
    x, u = pictures(0, 4), torch.tensor([[0.0, 0.0], [0.0, 0.9], [0.1, 0.9], [0.1, 0.1]])
    alone = ImagePool(2, (1, 2, 2))
    expected = alone(x, u)
    world = {4: x, 2: u}
    monkeypatch.setattr(distributed, "gather", lambda part: world[part.dim()])
    for rank in (0, 1):
        rows = slice(2 * rank, 2 * rank + 2)
        monkeypatch.setattr(distributed, "slice_of", lambda part, rows=rows: part[rows])
        pool = ImagePool(2, (1, 2, 2))
        assert torch.equal(pool(x[rows], u[rows]), expected[rows])
        assert torch.equal(pool.images, alone.images)


def test_a_pool_of_none_returns_what_comes() -> None:
    pool, x = ImagePool(0, (1, 2, 2)), pictures(0, 3).requires_grad_()
    out = pool(x, torch.zeros(3, 2))
    assert torch.equal(out, x)
    assert not out.requires_grad


@pytest.mark.parametrize(
    ("x", "u"), [((3, 1, 2, 3), (3, 2)), ((3, 1, 2, 2), (2, 2)), ((3, 1, 2, 2), (3,))]
)
def test_wrong_shapes_are_refused(x: tuple[int, ...], u: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(B, 1, 2, 2\) and uniforms \(B, 2\)"):
        ImagePool(2, (1, 2, 2))(torch.zeros(x), torch.zeros(u))


def test_negative_size_is_refused() -> None:
    with pytest.raises(ValueError, match="size=-1"):
        ImagePool(-1, (1, 2, 2))
