"""Players: generators, translators, discriminators and critics. They know no loss."""

from gansmith.networks.augment import Augment, as_is
from gansmith.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from gansmith.networks.image_pool import Pool
from gansmith.networks.minibatch_discrimination import MinibatchDiscrimination, minibatch_head
from gansmith.networks.minibatch_stddev import MinibatchStd, stddev_head
from gansmith.networks.mlp import MaxoutCritic, MLPCritic, MLPGenerator, PictureMLP
from gansmith.networks.patch import PatchDiscriminator, PixelDiscriminator
from gansmith.networks.recurrent import Writer
from gansmith.networks.resnet import ResNetCritic, ResNetGenerator
from gansmith.networks.textcnn import TextCNN
from gansmith.networks.translator import TranslatorGenerator

__all__ = [
    "Augment",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "MLPCritic",
    "MLPGenerator",
    "MaxoutCritic",
    "MinibatchDiscrimination",
    "MinibatchStd",
    "PatchDiscriminator",
    "PictureMLP",
    "PixelDiscriminator",
    "Pool",
    "ResNetCritic",
    "ResNetGenerator",
    "TextCNN",
    "TranslatorGenerator",
    "Writer",
    "as_is",
    "minibatch_head",
    "stddev_head",
]
