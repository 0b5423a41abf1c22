"""A small network with its derivatives written by hand: forward(x, rng) keeps what backward(gradient) needs.

A layer holds `parameters` and, after backward, `gradients` under the same names. `rng` is None outside training.
"""
import numpy as np

F32 = np.float32
EPSILON = 1e-5
CHANNELS, WIDTH, DROPOUT = 16, 256, 0.2

# The 36 places of a 3x3 window in an 8x8 image, as indices of its 64 pixels. [36, 9]
WINDOWS = np.array([[(top + i) * 8 + left + j for i in range(3) for j in range(3)] for top in range(6) for left in range(6)])


class Layer:
    parameters = {}
    gradients = {}


class Linear(Layer):
    def __init__(self, rng, inputs, outputs, gain=1.0):
        weight = rng.standard_normal((inputs, outputs)) * gain / np.sqrt(inputs)
        self.parameters = {'weight': weight.astype(F32), 'bias': np.zeros(outputs, F32)}

    def forward(self, x, rng):  # x: [B, inputs] -> [B, outputs]
        self.x = x
        return x @ self.parameters['weight'] + self.parameters['bias']

    def backward(self, gradient):
        self.gradients = {'weight': self.x.T @ gradient, 'bias': gradient.sum(0)}
        return gradient @ self.parameters['weight'].T


class Convolution(Linear):
    """3x3, one channel in, no padding: a Linear over the 36 windows. [B, 64] -> [B, 36 * channels]"""

    def __init__(self, rng, channels):
        super().__init__(rng, 9, channels, gain=1.4)

    def forward(self, x, rng):
        return super().forward(x[:, WINDOWS].reshape(-1, 9), rng).reshape(len(x), -1)

    def backward(self, gradient):  # the first layer: nobody asks for the gradient of the image
        super().backward(gradient.reshape(-1, self.parameters['bias'].size))

    def as_matrix(self):
        """The same map as one matrix [64, 36 * channels] (mostly zeros) and bias, in float64."""
        weight, bias = (self.parameters[k].astype(np.float64) for k in ('weight', 'bias'))
        matrix = np.zeros((64, len(WINDOWS), bias.size))
        for window, pixels in enumerate(WINDOWS):
            matrix[pixels, window] = weight
        return matrix.reshape(64, -1), np.tile(bias, len(WINDOWS))


class LayerNorm(Layer):
    def __init__(self, width):
        self.parameters = {'weight': np.ones(width, F32), 'bias': np.zeros(width, F32)}

    def forward(self, x, rng):  # [B, width]
        centred = x - x.mean(1, keepdims=True)
        self.scale = 1 / np.sqrt((centred * centred).mean(1, keepdims=True) + F32(EPSILON))
        self.normal = centred * self.scale
        return self.normal * self.parameters['weight'] + self.parameters['bias']

    def backward(self, gradient):
        self.gradients = {'weight': (gradient * self.normal).sum(0), 'bias': gradient.sum(0)}
        g = gradient * self.parameters['weight']
        along = (g * self.normal).mean(1, keepdims=True)
        return self.scale * (g - g.mean(1, keepdims=True) - self.normal * along)


class Silu(Layer):
    def forward(self, x, rng):
        self.x, self.gate = x, 1 / (1 + np.exp(-x))
        return x * self.gate

    def backward(self, gradient):
        return gradient * self.gate * (1 + self.x * (1 - self.gate))


class Dropout(Layer):
    def forward(self, x, rng):
        if rng is None:
            return x
        self.kept = (rng.random(x.shape, dtype=F32) >= DROPOUT) / F32(1 - DROPOUT)
        return x * self.kept

    def backward(self, gradient):
        return gradient * self.kept


class Chain(Layer):
    def __init__(self, *layers, residual=False):
        self.layers, self.residual = layers, residual

    def forward(self, x, rng):
        out = x
        for layer in self.layers:
            out = layer.forward(out, rng)
        return x + out if self.residual else out

    def backward(self, gradient):
        out = gradient
        for layer in reversed(self.layers):
            out = layer.backward(out)
        return gradient + out if self.residual else out

    def leaves(self):
        """Every layer that has parameters, in order."""
        for layer in self.layers:
            yield from layer.leaves() if isinstance(layer, Chain) else [layer] * bool(layer.parameters)


def block(rng, inputs, residual):
    return Chain(Linear(rng, inputs, WIDTH), LayerNorm(WIDTH), Silu(), Dropout(), residual=residual)


def build(rng):
    """[B, 64] -> logits [B, 10]"""
    return Chain(
        Chain(Convolution(rng, CHANNELS), Silu()),
        block(rng, len(WINDOWS) * CHANNELS, residual=False),
        block(rng, WIDTH, residual=True),
        block(rng, WIDTH, residual=True),
        Chain(Linear(rng, WIDTH, 10, gain=0.5)),
    )
