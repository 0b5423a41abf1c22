"""Stories as token ids: the tokenizer, a training set written by all cores, and rows packed from it."""
import os
from multiprocessing import Pool

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from writer import write

BOS, EOS = '<s>', '</s>'
CHUNK = 500


def train_tokenizer(seed, vocabulary, stories=20_000):
    """Byte-level BPE, so that any text can be a prompt. Encoding puts <s> first."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=[BOS, EOS], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator((write(f'{seed}:{i}') for i in range(stories)), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f'{BOS} $A', pair=f'{BOS} $A {BOS} $B', special_tokens=[(BOS, tokenizer.token_to_id(BOS))])
    return tokenizer


def encode(tokenizer, stories):
    """Each story as [<s>, ..., </s>]."""
    eos = tokenizer.token_to_id(EOS)
    return [np.array([*encoding.ids, eos], np.uint16) for encoding in tokenizer.encode_batch(stories)]


def _start(tokenizer, seed):
    global _tokenizer, _seed
    _tokenizer, _seed = Tokenizer.from_str(tokenizer), seed


def training_stories(seed, stories):
    """The text of every story of the training set, written again."""
    with Pool(os.cpu_count()) as pool:
        yield from pool.imap(write, (f'{seed}:{i}' for i in range(stories)), CHUNK)


def _chunk(first):
    return encode(_tokenizer, [write(f'{_seed}:{i}') for i in range(first, first + CHUNK)])


def training_set(tokenizer, seed, stories):
    """Stories 0..stories of the seed as (ids [tokens], starts [stories + 1]); the same for any number of cores."""
    os.environ['TOKENIZERS_PARALLELISM'] = 'false'  # one process a core is enough
    with Pool(os.cpu_count(), _start, (tokenizer.to_str(), seed)) as pool:
        told = [story for chunk in pool.imap(_chunk, range(0, stories, CHUNK)) for story in chunk]
    return np.concatenate(told), np.cumsum([0] + [len(story) for story in told])


def batches(ids, starts, rng, rows, length):
    """Endless batches [rows, length]: every row begins with a story; what does not fit into it is cut off."""
    while True:
        order, batch, row, filled = rng.permutation(len(starts) - 1), np.empty((rows, length), np.int64), 0, 0
        for story in order:
            tokens = ids[starts[story]:starts[story + 1]][:length - filled]
            batch[row, filled:filled + len(tokens)] = tokens
            filled += len(tokens)
            if filled == length:
                row, filled = row + 1, 0
                if row == rows:
                    yield batch
                    batch, row = np.empty((rows, length), np.int64), 0
