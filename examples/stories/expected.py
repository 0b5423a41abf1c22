#!/usr/bin/env python3
"""Writes what transformers computes with the shipped model, for the tests: tests/fixtures/stories.

    python3 examples/stories/expected.py

expected.json: for each prompt its ids and 60 greedy ones (fewer where the story ends), and the smallest lead that a chosen
token had. expected.safetensors: logits.N f32 [tokens, vocabulary] of prompt N. All in float32, from the stored f16 weights.
"""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
PROMPTS = ['Once upon a time, Mia the fox', 'A girl named Anna', 'The queen was sad because']  # no choice of theirs is close
TOKENS = 60


def main():
    tokenizer = AutoTokenizer.from_pretrained(ROOT / 'models' / 'stories')
    model = AutoModelForCausalLM.from_pretrained(ROOT / 'models' / 'stories', dtype=torch.float32, attn_implementation='eager')
    rows, logits = [], {}
    for number, prompt in enumerate(PROMPTS):
        ids = tokenizer(prompt).input_ids
        greedy, leads = ids[:], []
        logits[f'logits.{number}'] = step(model, ids)
        while len(greedy) < len(ids) + TOKENS and greedy[-1] != tokenizer.eos_token_id:
            (best, second), (choice, _) = (pair.tolist() for pair in step(model, greedy)[-1].topk(2))
            greedy.append(choice)
            leads.append(best - second)
        rows.append({'prompt': prompt, 'ids': ids, 'greedy': greedy[len(ids):], 'text': tokenizer.decode(greedy[len(ids):]),
                     'smallest_lead': round(min(leads), 4)})
    out = ROOT / 'tests' / 'fixtures' / 'stories'
    out.mkdir(parents=True, exist_ok=True)
    save_file(logits, out / 'expected.safetensors')
    (out / 'expected.json').write_text(json.dumps({'bos': tokenizer.bos_token_id, 'eos': tokenizer.eos_token_id, 'prompts': rows}, indent=1) + '\n')


@torch.no_grad()
def step(model, ids):
    """Logits [tokens, vocabulary], with no cache."""
    return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].contiguous()


if __name__ == '__main__':
    main()
