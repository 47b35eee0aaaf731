"""Networks of the players: generators, translators, discriminators and critics, without losses."""

from gansmith.networks.augment import DiffAugment, no_augmentation
from gansmith.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from gansmith.networks.image_pool import ImagePool
from gansmith.networks.minibatch_discrimination import MinibatchDiscrimination, minibatch_head
from gansmith.networks.minibatch_stddev import MinibatchStd, stddev_head
from gansmith.networks.mlp import MaxoutCritic, MLPCritic, MLPGenerator, MLPImageGenerator
from gansmith.networks.patch import PatchDiscriminator, PixelDiscriminator
from gansmith.networks.recurrent import RNNGenerator
from gansmith.networks.resnet import ResNetCritic, ResNetGenerator
from gansmith.networks.textcnn import TextCNN
from gansmith.networks.translator import TranslatorGenerator

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DiffAugment",
    "ImagePool",
    "MLPCritic",
    "MLPGenerator",
    "MLPImageGenerator",
    "MaxoutCritic",
    "MinibatchDiscrimination",
    "MinibatchStd",
    "PatchDiscriminator",
    "PixelDiscriminator",
    "RNNGenerator",
    "ResNetCritic",
    "ResNetGenerator",
    "TextCNN",
    "TranslatorGenerator",
    "minibatch_head",
    "no_augmentation",
    "stddev_head",
]
