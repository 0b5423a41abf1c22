"""Writes the stories that the model learns from: a small world, told by a seeded grammar of plots."""

from .story import Story, held_out, write

__all__ = ['Story', 'held_out', 'write']
