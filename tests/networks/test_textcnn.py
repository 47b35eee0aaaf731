from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from gansmith.networks import textcnn
from gansmith.networks.textcnn import WINDOWS, Highway, TextCNN


def judge() -> TextCNN:
    torch.manual_seed(0)
    return TextCNN(11, 6, 4, {1: 3, 2: 5, 6: 2}).double()


def sentences(rows: int) -> torch.Tensor:
    return torch.randint(11, (rows, 6), generator=torch.Generator().manual_seed(0))


def test_gemm_form_is_the_convolution() -> None:
    D, tokens = judge(), sentences(9)
    x = D.embedding(tokens)[:, None]  # (B, 1, T, embed)
    features = []
    for window, layer in zip((1, 2, 6), D.filters, strict=True):
        kernel = layer.weight.view(-1, 1, window, 4)
        features.append(F.relu(F.conv2d(x, kernel, layer.bias)).amax((2, 3)))
    expected = D.last(D.highway(torch.cat(features, 1)))[:, 0]
    torch.testing.assert_close(D(tokens), expected)
    assert expected.shape == (9,)


def test_highway_is_a_gated_mix() -> None:
    torch.manual_seed(0)
    layer, x = Highway(4).double(), torch.randn(3, 4, dtype=torch.float64)
    gate = torch.sigmoid(layer.gate(x))
    torch.testing.assert_close(layer(x), gate * F.relu(layer.transform(x)) + (1 - gate) * x)


def test_papers_windows_fit_the_length() -> None:
    assert sum(WINDOWS.values()) == 1720
    with torch.device("meta"):
        D = TextCNN(50, 20)
    convolutions = sum(64 * w * n + n for w, n in WINDOWS.items())
    expected = 50 * 64 + convolutions + 2 * 1721 * 1720 + 1721
    assert sum(p.numel() for p in D.parameters()) == expected
    assert TextCNN(9, 4, 2).windows == (1, 2, 3, 4)


def test_slices_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    D, tokens = judge(), sentences(20)
    whole = D(tokens)
    monkeypatch.setattr(textcnn, "ROWS", 3)
    torch.testing.assert_close(D(tokens), whole)


def test_sentences_do_not_see_each_other() -> None:
    D, tokens = judge(), sentences(5)
    torch.testing.assert_close(D(tokens), torch.cat([D(row[None]) for row in tokens]))


@pytest.mark.parametrize("dtype", [torch.int16, torch.int32])
def test_tokens_of_any_width(dtype: torch.dtype) -> None:
    D, tokens = judge(), sentences(5)
    torch.testing.assert_close(D(tokens.to(dtype)), D(tokens))


def test_gradient_reaches_every_parameter() -> None:
    D = judge()
    D(sentences(50)).square().sum().backward()
    for path, parameter in D.named_parameters():
        assert parameter.grad is not None, path
        assert parameter.grad.abs().max() > 1e-9, path


def test_start_is_a_function_of_the_seed() -> None:
    first, second = judge().state_dict(), judge().state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("windows", [{7: 2}, {0: 2}, {}])
def test_windows_that_do_not_fit_are_refused(windows: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="1 to 6 symbols"):
        TextCNN(11, 6, 4, windows)


def test_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="sentences of 6 symbols"):
        judge()(torch.zeros(2, 5, dtype=torch.long))
