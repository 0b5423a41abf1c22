#!/usr/bin/env python3
"""Trains the digits model with NumPy alone and writes model.safetensors and expected.json.

    python3 examples/digits/train.py [--seed N]

Training sees the first 1,437 images. Validation is five-fold cross-validation inside them, in contiguous blocks,
because neighbours come from the same writer; every setting was chosen by it. The last 360 images come from other
writers and are measured once, at the very end. On one machine the same seed writes the same bytes.
"""
import os
import sys

os.environ['OPENBLAS_NUM_THREADS'] = '1'  # before NumPy loads: the order of additions must not depend on the machine's load
sys.dont_write_bytecode = True

import argparse
import json
import time
from pathlib import Path

import numpy as np

from training import safetensors
from training.fit import fit
from training.network import EPSILON

HERE = Path(__file__).resolve().parent
TRAINING, FOLDS = 1437, 5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=0, help='for the initial weights and all randomness (default 0)')
    seed = parser.parse_args().seed

    data = safetensors.load(HERE / 'digits.safetensors')
    pixels, labels = data['images'].reshape(-1, 64), data['labels'].astype(np.int64)
    seen, seen_labels = pixels[:TRAINING].astype(np.float32) / 16, labels[:TRAINING]

    started = time.perf_counter()
    validation = cross_validate(seen, seen_labels, seed)
    print(f'validation {percent(validation)}  ({FOLDS} folds of the first {TRAINING}, {time.perf_counter() - started:.0f} s)')

    started = time.perf_counter()
    mean, deviation = seen.mean(), seen.std()
    weights = export(fit(seen, seen_labels, normaliser(mean, deviation), seed), mean, deviation)
    training = accuracy(weights, pixels[:TRAINING], seen_labels)
    print(f'training   {percent(training)}  (all {TRAINING}, {time.perf_counter() - started:.0f} s)')

    answers = forward(weights, pixels[TRAINING:]).argmax(1)
    correct = int((answers == labels[TRAINING:]).sum())
    test = correct / len(answers)
    print(f'test       {percent(test)}  ({correct} of {len(answers)}, never seen before)')

    safetensors.save(HERE / 'model.safetensors', weights, {
        'seed': seed, 'validation_accuracy': f'{validation:.4f}', 'test_accuracy': f'{test:.4f}',
        'activation': 'silu', 'layer_norm_eps': EPSILON, 'trained_by': 'examples/digits/train.py',
    })
    expected = {'correct': correct, 'total': len(answers), 'accuracy': test, 'answers': answers.tolist()}
    (HERE / 'expected.json').write_text(json.dumps(expected) + '\n')


def cross_validate(images, labels, seed):
    blocks = np.array_split(np.arange(len(images)), FOLDS)
    correct = 0
    for i, block in enumerate(blocks):
        rest = np.concatenate(blocks[:i] + blocks[i + 1:])
        normalise = normaliser(images[rest].mean(), images[rest].std())
        network = fit(images[rest], labels[rest], normalise, seed)
        correct += (network.forward(normalise(images[block]), None).argmax(1) == labels[block]).sum()
    return correct / len(images)


def normaliser(mean, deviation):
    return lambda images: (images - mean) / deviation


def export(network, mean, deviation):
    """The weights in the order they are used, as [inputs, outputs], for plain pixels 0..16.

    Convolution and normalisation are both linear, so together they are the one matrix `net.0.weight` [64, 576].
    """
    convolution, *layers = network.leaves()
    matrix, bias = convolution.as_matrix()
    weights = {'net.0.weight': matrix / (16 * deviation), 'net.0.bias': bias - matrix.sum(0) * mean / deviation}
    stage = 0
    for layer in layers:
        norm = type(layer).__name__ == 'LayerNorm'  # belongs to the Linear before it
        stage += not norm
        for name, value in layer.parameters.items():
            weights[f'net.{stage}.norm.{name}' if norm else f'net.{stage}.{name}'] = value
    return {name: value.astype(np.float32) for name, value in weights.items()}


def forward(weights, pixels):
    """What network.mjs computes, in float64. pixels: [B, 64] in 0..16 -> logits [B, 10]"""
    w = {name: value.astype(np.float64) for name, value in weights.items()}

    def linear(i, x):
        return x @ w[f'net.{i}.weight'] + w[f'net.{i}.bias']

    def block(i, x):
        z = linear(i, x)
        z = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + EPSILON)
        return silu(z * w[f'net.{i}.norm.weight'] + w[f'net.{i}.norm.bias'])

    x = block(1, silu(linear(0, pixels.astype(np.float64))))
    x = x + block(2, x)
    x = x + block(3, x)
    return linear(4, x)


def silu(x):
    return x / (1 + np.exp(-x))


def accuracy(weights, pixels, labels):
    return float((forward(weights, pixels).argmax(1) == labels).mean())


def percent(fraction):
    return f'{100 * fraction:.2f} %'


if __name__ == '__main__':
    main()
