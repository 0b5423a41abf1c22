"""Distorts digits the way hands do: a little moved, turned, stretched, slanted, wobbly, thick or faint."""
import numpy as np

F32 = np.float32
SHIFT, ROTATE, SCALE, SHEAR, ELASTIC = 0.5, 0.12, 0.08, 0.12, 0.25  # standard deviations: pixels, radians, log, slope, pixels
GAIN, GAMMA, NOISE = 0.1, 0.15, 0.05  # standard deviations: log, log, ink (0..1)

# The 64 pixel centres, relative to the middle of the image. GRID_X, GRID_Y: [1, 64]
GRID_Y, GRID_X = (g.reshape(1, 64).astype(F32) for g in np.meshgrid(np.arange(8) - 3.5, np.arange(8) - 3.5, indexing='ij'))

# Bilinear interpolation from a 3x3 grid of control points to 8x8 pixels: makes nine random numbers a smooth field. [64, 9]
_hat = np.maximum(0, 1 - np.abs(np.linspace(0, 2, 8)[:, None] - np.arange(3)))
SMOOTH = np.kron(_hat, _hat).astype(F32)


def augment(images, rng):
    """images: [B, 64] in 0..1 -> [B, 64], every image under its own random distortion."""
    count = len(images)

    def normal(deviation, columns=1):
        return rng.standard_normal((count, columns), dtype=F32) * F32(deviation)

    angle, shear = normal(ROTATE), normal(SHEAR)
    x = np.exp(normal(SCALE)) * (np.cos(angle) * GRID_X - np.sin(angle) * GRID_Y) + shear * GRID_Y
    y = np.exp(normal(SCALE)) * (np.sin(angle) * GRID_X + np.cos(angle) * GRID_Y)
    x = x + normal(SHIFT) + normal(ELASTIC, 9) @ SMOOTH.T
    y = y + normal(SHIFT) + normal(ELASTIC, 9) @ SMOOTH.T
    moved = sample(images, x, y)
    inked = np.clip(moved * np.exp(normal(GAIN)), 0, 1) ** np.exp(normal(GAMMA))
    return inked + normal(NOISE, 64)


def sample(images, x, y):
    """Reads images [B, 64] at fractional places x, y [B, 64] (0, 0 is the middle); white outside."""
    padded = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1))).reshape(-1, 100)
    x, y = np.clip(x + F32(4.5), 0, F32(8.999)), np.clip(y + F32(4.5), 0, F32(8.999))
    left, top = x.astype(np.int64), y.astype(np.int64)
    right_part, low_part = x - left, y - top

    def pixel(dy, dx):
        return np.take_along_axis(padded, (top + dy) * 10 + left + dx, axis=1)

    upper = pixel(0, 0) * (1 - right_part) + pixel(0, 1) * right_part
    lower = pixel(1, 0) * (1 - right_part) + pixel(1, 1) * right_part
    return (upper * (1 - low_part) + lower * low_part).astype(F32)
