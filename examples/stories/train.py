#!/usr/bin/env python3
"""Trains the story model: writes the stories, learns a tokenizer from them, then a small Llama, and saves it for Hugging Face.

    python3 examples/stories/train.py [--out models/stories] [--seed N] [--steps N] [--stories N] [--rows N] [--compile]

Needs torch, transformers and tokenizers; about five minutes on one data-centre GPU. Everything random is seeded: on one
machine and one PyTorch build the stories and the tokenizer are the same to the byte, and the weights up to the order in
which a GPU adds.
"""
import argparse
import json
import math
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from corpus import BOS, EOS, batches, encode, train_tokenizer, training_set
from writer import write

CONTEXT = 512
RATE, WARMUP = 3e-3, 200


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, default=Path(__file__).resolve().parents[2] / 'models' / 'stories')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--stories', type=int, default=1_000_000, help='size of the training set')
    parser.add_argument('--steps', type=int, default=4_500)
    parser.add_argument('--rows', type=int, default=128, help=f'rows of {CONTEXT} tokens in a batch')
    parser.add_argument('--vocabulary', type=int, default=1536)
    parser.add_argument('--compile', action='store_true', help='compile the model with torch.compile')
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    clock = Clock()

    tokenizer = train_tokenizer(options.seed, options.vocabulary)
    clock.report(f'tokenizer: {tokenizer.get_vocab_size()} tokens')
    ids, starts = training_set(tokenizer, options.seed, options.stories)
    clock.report(f'training set: {options.stories:,} stories, {len(ids):,} tokens')

    model = new_model(tokenizer)
    clock.report(f'model: {sum(p.numel() for p in model.parameters()):,} parameters')
    fit(model, batches(ids, starts, np.random.default_rng(options.seed), options.rows, CONTEXT + 1), options, clock)
    save(model, tokenizer, options.out)
    clock.report(f'saved to {options.out}')

    stored = LlamaForCausalLM.from_pretrained(options.out, dtype=torch.float32).to(model.device)
    for name, unseen in (('new stories', False), ('new stories of held-out heroes', True)):
        stories = encode(tokenizer, [write(f'held out {i}', unseen) for i in range(1000)])
        loss = loss_of(stored, stories)
        clock.report(f'{name}: loss {loss:.4f} a token, perplexity {math.exp(loss):.3f}')


def new_model(tokenizer):
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=256, intermediate_size=512, num_hidden_layers=6,
        num_attention_heads=8, num_key_value_heads=2, head_dim=32, max_position_embeddings=CONTEXT, rms_norm_eps=1e-5,
        tie_word_embeddings=True, bos_token_id=tokenizer.token_to_id(BOS), eos_token_id=tokenizer.token_to_id(EOS))
    return LlamaForCausalLM(config).to('cuda' if torch.cuda.is_available() else 'cpu')


def fit(model, data, options, clock):
    matrices = [p for p in model.parameters() if p.dim() == 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{'params': matrices, 'weight_decay': 0.1}, {'params': vectors, 'weight_decay': 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, options.steps))
    run = torch.compile(model) if options.compile else model
    for step in range(1, options.steps + 1):
        rows = torch.from_numpy(next(data)).to(model.device, non_blocking=True)
        with torch.autocast(model.device.type, torch.bfloat16, enabled=model.device.type == 'cuda'):
            logits = run(input_ids=rows[:, :-1], use_cache=False).logits
        loss = cross_entropy(logits.flatten(0, 1).float(), rows[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        if step in (1, 20, 100) or step % 500 == 0:
            clock.report(f'step {step}: loss {loss.item():.4f}')


def rate(step, steps):
    """A linear rise, then half a cosine down to nothing."""
    return min(1.0, (step + 1) / WARMUP) * 0.5 * (1 + math.cos(math.pi * step / steps))


@torch.no_grad()
def loss_of(model, stories):
    """The mean loss a token, each story on its own."""
    total = count = 0
    for first in range(0, len(stories), 100):
        part = stories[first:first + 100]
        ids = torch.full((len(part), max(map(len, part))), -100)
        for row, story in zip(ids, part):
            row[:len(story)] = torch.from_numpy(story.astype(np.int64))
        ids = ids.to(model.device)
        logits = model(input_ids=ids.clamp(min=0)[:, :-1], use_cache=False).logits
        targets = ids[:, 1:]
        total += cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction='sum').item()
        count += (targets != -100).sum().item()
    return total / count


def save(model, tokenizer, out):
    """config.json, generation_config.json, model.safetensors in f16, tokenizer.json, tokenizer_config.json."""
    model.generation_config = GenerationConfig(
        bos_token_id=model.config.bos_token_id, eos_token_id=model.config.eos_token_id, pad_token_id=model.config.eos_token_id,
        do_sample=True, temperature=0.8, top_p=0.95, max_length=CONTEXT)
    model.half().save_pretrained(out)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS, pad_token=EOS, model_max_length=CONTEXT,
                            clean_up_tokenization_spaces=False).save_pretrained(out)
    settings = out / 'tokenizer_config.json'  # under the name that every version of transformers knows
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {'tokenizer_class': 'PreTrainedTokenizerFast'}, indent=2) + '\n')


class Clock:
    def __init__(self):
        self.started = time.perf_counter()

    def report(self, text):
        print(f'{time.perf_counter() - self.started:6.1f} s  {text}', flush=True)


if __name__ == '__main__':
    main()
