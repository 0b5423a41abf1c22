"""Adam with decoupled weight decay, a cosine schedule, label smoothing, and an average of the weights along the way."""
import numpy as np

from .augment import augment
from .network import F32, build

EPOCHS, BATCH, RATE, WARM_UP = 400, 128, 2e-3, 100
BETA1, BETA2, DECAY = 0.9, 0.99, 0.05
SMOOTHING, AVERAGING = 0.1, 0.995


def fit(images, labels, normalise, seed):
    """images: [N, 64] in 0..1, labels: [N] -> the trained network, holding its averaged weights."""
    rng = np.random.default_rng(seed)
    network = build(rng)
    slots = [(layer, name) for layer in network.leaves() for name in layer.parameters]
    mean = [np.zeros_like(layer.parameters[name]) for layer, name in slots]
    square = [np.zeros_like(m) for m in mean]
    average = [layer.parameters[name].copy() for layer, name in slots]
    batches = len(images) // BATCH
    total = EPOCHS * batches
    for step in range(1, total + 1):
        if step % batches == 1 or batches == 1:
            order = rng.permutation(len(images))
        chosen = order[(step - 1) % batches * BATCH:][:BATCH]
        logits = network.forward(normalise(augment(images[chosen], rng)), rng)
        network.backward(cross_entropy_gradient(logits, labels[chosen]))

        rate = RATE * min(1, step / WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * step / total))
        keep = min(AVERAGING, step / (step + 10))  # forgets the random start quickly
        for i, (layer, name) in enumerate(slots):
            weight, gradient = layer.parameters[name], layer.gradients[name]
            mean[i] = F32(BETA1) * mean[i] + F32(1 - BETA1) * gradient
            square[i] = F32(BETA2) * square[i] + F32(1 - BETA2) * gradient * gradient
            update = mean[i] / F32(1 - BETA1**step) / (np.sqrt(square[i] / F32(1 - BETA2**step)) + F32(1e-8))
            if weight.ndim == 2:  # biases and norms are not decayed
                update = update + F32(DECAY) * weight
            layer.parameters[name] = weight - F32(rate) * update
            average[i] = F32(keep) * average[i] + F32(1 - keep) * layer.parameters[name]
    for (layer, name), weight in zip(slots, average):
        layer.parameters[name] = weight
    return network


def cross_entropy_gradient(logits, labels):
    """Of the batch's mean cross-entropy against smoothed labels, with respect to the logits. [B, 10]"""
    exponent = np.exp(logits - logits.max(1, keepdims=True))
    wanted = np.full_like(logits, SMOOTHING / 10)
    wanted[np.arange(len(labels)), labels] += F32(1 - SMOOTHING)
    return (exponent / exponent.sum(1, keepdims=True) - wanted) / F32(len(labels))
