"""Templates: `(one|another|)` chooses, with nesting, then `{hero.his}` is filled in as by str.format.

No story needs parentheses of its own, so they are free to mean a choice.
"""

import re
from functools import cache


@cache
def parse(template):
    """A template as a sequence of parts: text, or a choice, which is a list of sequences."""
    tokens = [token for token in re.split(r'([(|)])', template) if token][::-1]

    def sequence():
        parts = []
        while tokens and tokens[-1] not in '|)':
            token = tokens.pop()
            parts.append(choice() if token == '(' else token)
        return parts

    def choice():
        alternatives = [sequence()]
        while tokens.pop() == '|':
            alternatives.append(sequence())
        return alternatives

    def whole():
        parts = sequence()
        assert not tokens, f'unbalanced parentheses: {template}'
        return parts

    return whole()


def expand(sequence, random, out):
    for part in sequence:
        if isinstance(part, str):
            out.append(part)
        else:
            expand(part[int(random() * len(part))], random, out)


SPACES = re.compile(r' {2,}')
BEFORE = re.compile(r' ([,.!?])')
STARTS = re.compile(r'(^"?|[.!?] "?|[.!?]" ")([a-z])')  # of a sentence, or of speech


def fill(template, random, names):
    """Choices made by `random()`, names filled in."""
    out = []
    expand(parse(template), random, out)
    return ''.join(out).format_map(names)


def tell(template, random, names):
    """A template as finished sentences: spaces tidied, capitals set."""
    text = fill(template, random, names)
    text = BEFORE.sub(r'\1', SPACES.sub(' ', text)).strip(' ')
    return STARTS.sub(lambda match: match[1] + match[2].upper(), text)
