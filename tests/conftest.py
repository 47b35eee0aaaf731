"""One thread for every test: small tensors gain nothing from more, and a shared machine loses."""

import torch

torch.set_num_threads(1)
