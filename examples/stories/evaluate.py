#!/usr/bin/env python3
"""Measures the stories of the trained model: are they finished, consistent and new?

    python3 examples/stories/evaluate.py [--model models/stories] [--stories N] [--seed N]

The same checks run over stories of the generator first: what they find there is the error of the checks.
"""
import argparse
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from corpus import training_stories
from writer import Story, words, write

NAMES = re.compile(r'\b(' + '|'.join(words.SHE + words.HE) + r')\b')
KINDS = '|'.join(words.KINDS)
KIND = re.compile(rf'\b([A-Z]\w+) the ({KINDS})\b|\b({KINDS}) (?:was )?(?:named|called) ([A-Z]\w+)')
COLOURED = re.compile(rf'\b({"|".join(words.COLOURS)}) ({"|".join(words.THINGS)})\b')
OTHERS = re.compile(r'\b(mother|mama|old man|old woman|moon|dog stopped|' + '|'.join(words.ADULTS) + r')\b', re.IGNORECASE)  # she or he too


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', type=Path, default=Path(__file__).resolve().parents[2] / 'models' / 'stories')
    parser.add_argument('--stories', type=int, default=200)
    parser.add_argument('--trained-on', type=int, default=1_000_000, help='how many training stories to look for copies in')
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)

    heroes = [Story(f'hero {i}', unseen=True).hero for i in range(options.stories)]
    sets = {
        'the generator itself': [(write(f'check {i}'), True) for i in range(options.stories)],
        'no prompt': sample(model, tokenizer, [''] * options.stories, options.seed),
        'held-out heroes': sample(model, tokenizer, [f'Once upon a time there was {hero.a} named {hero}' for hero in heroes], options.seed),
    }
    for title, stories in sets.items():
        print(f'{title}:')
        for name, share in measure(stories).items():
            print(f'  {100 * share:5.1f} % {name}')
    told = {story for story, _ in sets['no prompt'] + sets['held-out heroes']}
    copies = sum(story in told for story in training_stories(0, options.trained_on))
    print(f'{copies} of {len(told)} stories are copies of one of the first {options.trained_on:,} training stories')


def sample(model, tokenizer, prompts, seed, size=50):
    """[(story, whether it came to its end)], sampled as generation_config.json says."""
    torch.manual_seed(seed)
    tokenizer.padding_side, told = 'left', []
    for first in range(0, len(prompts), size):
        inputs = tokenizer(prompts[first:first + size], return_tensors='pt', padding=True)
        for ids in model.generate(**inputs, max_length=400):
            told.append((tokenizer.decode(ids, skip_special_tokens=True), ids[-1].item() == tokenizer.eos_token_id))
    return told


def measure(stories):
    checks = {
        'come to an end': [ended for _, ended in stories],
        'have a cast of two or three': [len(set(NAMES.findall(story))) in (2, 3) for story, _ in stories],
        'name nobody new in the last paragraph': [not late_names(story) for story, _ in stories],
        'give nobody two kinds': [all(len(kinds) == 1 for kinds in kinds_of(story).values()) for story, _ in stories],
        'give no thing two colours': [all(len(colours) == 1 for colours in colours_of(story).values()) for story, _ in stories],
        'use the pronouns of the hero': [right for story, _ in stories if (right := pronouns(story)) is not None],
        'close all quotation marks': [story.count('"') % 2 == 0 for story, _ in stories],
    }
    return {f'{name} (of {len(results)})': sum(results) / max(1, len(results)) for name, results in checks.items()}


def late_names(story):
    before, _, last = story.rpartition('\n\n')
    return set(NAMES.findall(last)) - set(NAMES.findall(before))


def kinds_of(story):
    """Everybody who is introduced by kind, with all the kinds that the story gives them."""
    found = {}
    for name, kind, kind_before, name_after in KIND.findall(story):
        found.setdefault(name or name_after, set()).add(kind or kind_before)
    return found


def colours_of(story):
    found = {}
    for colour, thing in COLOURED.findall(story):
        found.setdefault(thing, set()).add(colour)
    return found


def pronouns(story):
    """Whether the pronouns before anybody else is named are the hero's; None where somebody nameless may own them."""
    names = list(NAMES.finditer(story))
    others = [match.start() for match in names if match[1] != names[0][1]]
    beginning = story[:min(others, default=len(story))]
    if OTHERS.search(beginning) or not names:
        return None
    wrong = r'\b(he|him|his|himself)\b' if names[0][1] in words.SHE else r'\b(she|her|herself)\b'
    return re.search(wrong, beginning, re.IGNORECASE) is None


if __name__ == '__main__':
    main()
