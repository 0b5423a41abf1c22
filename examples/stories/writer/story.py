"""One story: a seed chooses the cast, the season and a plot; the plot tells it."""

import hashlib
from random import Random

from . import words
from .cast import Adult, Character, Noun
from .grammar import fill, tell


def held_out(name, kind):
    """One pair of name and kind in sixteen never leads a story of the training set."""
    return (name, kind) != ('Mia', 'fox') and hashlib.sha256(f'{name} {kind}'.encode()).digest()[0] % 16 == 0


class Story:
    """Choices and words shared by all plots. Whatever is drawn once keeps its name until the end."""

    def __init__(self, seed, unseen=False):
        self.rng = Random(seed)
        self.random = self.rng.random
        self.used = set()
        self.unseen = unseen
        self.hero = self.character(lead=True)
        self.names = {'hero': self.hero}
        season = self.pick(words.SEASONS)
        self.set_weather(self.pick([kind for kind, row in words.WEATHER.items() if season in row[1].split()]), season)

    def set_weather(self, weather, season=None):
        adjectives, seasons, skies = words.WEATHER[weather]
        self.names |= {
            'season': season or self.pick(seasons.split()),
            'day': self.pick(adjectives.split()),
            'sky': self.pick(skies),
        }

    def pick(self, options):
        return options[int(self.random() * len(options))]

    def chance(self, probability):
        return self.random() < probability

    def character(self, skill=None, lead=False, kind=None):
        """Somebody new: no name and no kind appears twice in a story."""
        while True:
            female = self.chance(0.5) if lead or self.chance(0.4) else not self.hero.she
            name = self.pick(words.SHE if female else words.HE)
            of = kind or self.pick(list(words.KINDS))
            fits = words.GENDERS.get(of, female) == female
            skilled = skill is None or skill in words.KINDS[of][0].split()
            if lead and held_out(name, of) != self.unseen:
                continue
            if fits and skilled and name not in self.used and of not in self.used:
                break
        self.used |= {name, of}
        _, homes, favourites = words.KINDS[of]
        loves = self.pick(favourites) if self.chance(0.35) else self.pick(words.LOVES)
        return Character(name, female, of, self.pick(homes), self.pick(words.TRAITS), loves)

    def adult(self):
        name = self.pick(list(words.ADULTS))
        return Adult(name, *words.ADULTS[name])

    def thing(self, tag):
        noun = self.pick(
            [noun for noun, row in words.THINGS.items() if tag in row[1].split() and noun not in self.used]
        )
        self.used.add(noun)
        return Noun(noun, self.pick(words.COLOURS if self.chance(0.55) else words.THINGS[noun][0]))

    def food(self, tag=''):
        noun = self.pick([noun for noun, row in words.FOOD.items() if tag in row[1]])
        return Noun(noun, self.pick(words.FOOD[noun][0]))

    def place(self, tag):
        noun = self.pick(
            [noun for noun, row in words.PLACES.items() if tag in row[1].split() and noun not in self.used]
        )
        self.used.add(noun)
        return Noun(noun, None, words.PLACES[noun][0])

    def tell(self, *paragraphs, **names):
        """Paragraphs are lists of templates; an empty template says nothing."""
        names = {**self.names, **names}
        for key, name in names.items():
            if isinstance(name, str):  # a phrase, which may hold choices and names itself
                names[key] = fill(name, self.random, names)
        told = ([tell(template, self.random, names) for template in paragraph if template] for paragraph in paragraphs)
        return '\n\n'.join(' '.join(sentence for sentence in paragraph if sentence) for paragraph in told)

    def one(self, *templates):
        return self.pick(templates)

    def maybe(self, probability, *templates):
        return self.pick(templates) if self.chance(probability) else ''


def write(seed, unseen=False):
    """The story of a seed (any string or integer), always the same one. `unseen`: led by a held-out pair."""
    from .plots import PLOTS

    story = Story(seed, unseen)
    return story.pick(PLOTS)(story)
