"""The keywords that several presets share, and what they mean.

A preset's docstring explains the keywords that are its own, or that differ from this table. The
help of `gansmith train PRESET` and the tests of the documentation read both.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from gansmith.core.bounds import (
    ANY,
    COUNT,
    FRACTION,
    NOT_NEGATIVE,
    OPTIONS,
    POSITIVE,
    PROBABILITY,
    SIZE,
    Interval,
)

KEYWORDS = {
    "network": "pair of networks for images: dcgan, resnet, r3, sn-resnet, mlp or maxout.",
    "width": "size of the networks: channels of the layer next to the data; an MLP for points has "
    "4 units for each of these.",
    "latent": "dimension of the latent code.",
    "prior": "prior over codes: normal, uniform or truncated.",
    "embed_dim": "dimension of the embedding of the condition.",
    "code_dim": "dimension of the codes of the auto-encoder D.",
    "members": "number of generators, each with its own discriminator.",
    "divergence": "total-variation, kl, reverse-kl, pearson, neyman, squared-hellinger, jeffrey, "
    "jensen-shannon, weighted-jensen-shannon or gan-divergence.",
    "augment": "differentiable augmentation of what D sees (arXiv:2006.10738): none, or names such "
    "as color,translation,cutout; worthwhile with few images.",
    "patch_size": "side of the patches that D classifies: 1, 7, 16, 34, 70, 142 pixels, or 0 for "
    "the whole image.",
    "d_steps": "steps of D for each step of G.",
    "d_pretrain_steps": "steps of D alone before training.",
    "penalty_weight": "weight of the gradient penalty (the paper's lambda).",
    "real_weight": "weight of real images with their own condition in D's loss; 2 balances two "
    "kinds of negatives, 1 counts each kind once.",
    "mismatch_weight": "weight of real images with a mismatched condition as negatives; 0 omits "
    "the term.",
    "aux_weight": "weight of the auxiliary classification loss.",
    "match_weight": "weight of the score of how well the condition is matched.",
    "l1_weight": "weight of the L1 distance to the true output (the paper's lambda).",
    "perceptual_weight": "weight of a perceptual distance to the true output (arXiv:1603.08155).",
    "vgg_weights": "file of VGG16's weights for the perceptual distance; by default it uses the "
    "shipped classifier of the data.",
    "lpips_weights": "file of the linear layers of LPIPS on top of VGG16 (arXiv:1801.03924).",
    "lr": "learning rate of Adam; where beta1 is no keyword, the shipped presets have 0.5.",
    "beta1": "decay of Adam's first moment.",
    "beta2": "decay of Adam's second moment.",
    "batch": "batch size.",
    "steps": "number of training steps.",
}

GROUPS: dict[Interval, str] = {
    SIZE: "width latent d_width embed_dim code_dim hidden_dim filters dims kernels blocks d_layers "
    "members shots rollouts",
    COUNT: "d_steps g_steps buffer_size memory chain_steps sample_rounds p sinkhorn_iterations",
    NOT_NEGATIVE: "d_pretrain_steps small_steps mle_steps unroll_steps pool_size patch_size margin "
    "beta threshold_lr_factor "
    "margin_scale aux_weight bce_weight consistency_weight content_weight cycle_weight fm_weight "
    "fake_mismatch_weight gdl_weight identity_weight l1_weight lp_weight margin_weight "
    "match_weight mismatch_weight penalty_weight perceptual_weight preemphasis_weight "
    "pull_away_weight real_weight reg_weight spectral_weight",
    POSITIVE: "lr d_lr g_lr_factor sigma_lr epsilon gamma lambda_k sigma "
    "noise step_size init_range weight_clip",
    FRACTION: "beta1 beta2 momentum dropout",
    PROBABILITY: "restart_prob",
    ANY: "a b c",
}
BOUNDS = OPTIONS | {name: bounds for bounds, names in GROUPS.items() for name in names.split()}

LINE = r"(\w+): (.*)"


def keyword_help(build: Callable[..., Any]) -> dict[str, str]:
    """What each keyword of a preset function means: its own line of the docstring, `name: text`, or
    that of KEYWORDS. A keyword that neither explains is left out.
    """
    own = docstring_lines(inspect.getdoc(build) or "")
    names = [
        name
        for name, parameter in inspect.signature(build).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    known = KEYWORDS | own
    return {name: known[name] for name in names if name in known}


def docstring_lines(doc: str) -> dict[str, str]:
    """The lines `name: text` of a docstring, with their indented continuations."""
    found: dict[str, str] = {}
    last = ""
    for line in doc.splitlines()[1:]:
        if match := re.match(LINE, line):
            last, found[match[1]] = match[1], match[2]
        elif last and line.startswith(" "):
            found[last] += " " + line.strip()
        else:
            last = ""
    return found


def summary(doc: str) -> str:
    """What a docstring says before its lines `name: text`."""
    lines: list[str] = []
    for line in doc.splitlines():
        if lines and re.match(LINE, line):
            break
        lines.append(line)
    return "\n".join(lines).strip()
