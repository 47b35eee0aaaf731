from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.core.protocols import HasDecoder, Samples
from gansmith.core.recipe import adam, sgd
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.games.crf import CRF, StructuredPerceptron
from gansmith.networks.linear_chain import LinearChain

REAL = torch.tensor([[1, 2, 0, 0], [2, 2, 1, 2], [1, 0, 0, 0]])


def chain() -> LinearChain:
    torch.manual_seed(0)
    return LinearChain(3, 4, 1.0)


def pairs(tokens: Tensor, vocab: int) -> Tensor:
    """How often j follows i in a sentence, on average, (V, V)."""
    counts = torch.zeros(vocab, vocab)
    for row in tokens.tolist():
        before = 0
        for symbol in row:
            counts[before, symbol] += 1
            if symbol == 0:
                break
            before = symbol
    return counts / len(tokens)


@pytest.mark.parametrize("game", [CRF(chain()), StructuredPerceptron(chain())])
def test_there_is_one_player_and_it_samples(game: CRF | StructuredPerceptron) -> None:
    assert list(game.players()) == ["D"]
    assert isinstance(game, Samples)
    assert not isinstance(game, HasDecoder)
    assert not game.batch_coupled


def test_the_likelihood_lowers_expected_pairs_and_raises_observed_ones() -> None:
    game = CRF(chain())
    (loss,) = game.d_loss(Batch(tokens=REAL)).values()
    torch.testing.assert_close(loss, game.D.nll(REAL).mean())
    loss.backward()
    torch.testing.assert_close(game.D.pair.grad, game.D.expected_counts() - pairs(REAL, 3))


def test_the_perceptron_lowers_the_pairs_of_its_argmax() -> None:
    game = StructuredPerceptron(chain())
    (loss,) = game.d_loss(Batch(tokens=REAL)).values()
    assert float(loss) >= 0
    loss.backward()
    torch.testing.assert_close(game.D.pair.grad, pairs(game.D.viterbi()[None], 3) - pairs(REAL, 3))


def test_the_soft_maximum_lies_above_the_hard_one() -> None:
    D = chain()
    x = Batch(tokens=REAL)
    assert float(CRF(D).d_loss(x)["nll"]) > float(StructuredPerceptron(D).d_loss(x)["adv"])


def test_the_latest_argmaxes_are_kept_and_drawn() -> None:
    game = StructuredPerceptron(chain(), memory=3)
    (phase,) = game.phases()
    seen = []
    for n in range(5):
        with torch.no_grad():
            game.D.pair.copy_(Rng(n).normal(3, 3))
        game.after_phase(phase, {})
        seen.append(game.D.viterbi())
    assert game.past.equal(torch.stack([seen[3], seen[4], seen[2]]))
    assert int(game.moves) == 5
    drawn = game.sample(200, Rng(0))
    assert {tuple(row) for row in drawn.tolist()} == {tuple(row) for row in game.past.tolist()}
    with pytest.raises(ValueError, match="memory=0"):
        StructuredPerceptron(chain(), memory=0)


def played(
    game: CRF | StructuredPerceptron, optim: object, steps: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Pairs in samples of a trained game, and in the data."""
    data = open_data("grammar")
    source = open_source(data, 64, seed)
    t = Trainer(game, source, optim={"D": optim}, steps=steps, seed=seed)  # type: ignore[dict-item]
    t.fit()
    real = pairs(data.train["tokens"][:4000], 25)
    return pairs(game.sample(1000, Rng(1)), 25), real


def test_both_come_to_have_the_pairs_of_the_data(seed: int, within: Callable[..., None]) -> None:
    """Mean distance of the numbers of pairs a sentence: far below that of the untrained."""
    torch.manual_seed(seed)
    untrained, real = played(CRF(LinearChain(25, 17)), adam(0.05), 0, seed)
    start = (untrained - real).abs().sum()
    left = {}
    for game, optim in (
        (CRF(LinearChain(25, 17)), adam(0.05)),
        (StructuredPerceptron(LinearChain(25, 17), memory=500), sgd(1.0)),
    ):
        made, real = played(game, optim, 600, seed)
        left[type(game).__name__] = float((made - real).abs().sum() / start)
    within(left, {"CRF": (0, 0.1), "StructuredPerceptron": (0, 0.1)})


def test_only_the_memory_of_the_perceptron_is_like_the_data(
    seed: int, within: Callable[..., None]
) -> None:
    """Its scores are no log-probabilities: sentences of exp(D) / Z are far from the data."""
    torch.manual_seed(seed)
    game = StructuredPerceptron(LinearChain(25, 17), memory=500)
    made, real = played(game, sgd(1.0), 600, seed)
    wrong = pairs(game.D.sample(Rng(2).uniform(1000, 17)), 25)
    times = float((wrong - real).abs().sum() / (made - real).abs().sum())
    within({"times as far": times}, {"times as far": (5, math.inf)})
