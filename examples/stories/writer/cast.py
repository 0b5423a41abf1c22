"""What a story talks about. Templates reach the forms of a word as attributes: {hero.his}, {thing.the}."""

from . import words


def article(noun):
    return f"{'an' if noun[0] in 'aeiou' and not noun.startswith('uni') else 'a'} {noun}"


class Being:
    """Whoever can act; `str` is the name used most."""

    def __init__(self, name, she):
        self.name, self.she = name, she
        self.he, self.him, self.his, self.himself = (
            ('she', 'her', 'her', 'herself') if she else ('he', 'him', 'his', 'himself')
        )
        self.s = f"{name}'s"

    def __str__(self):
        return self.name

    def __format__(self, _):
        return self.name


class Character(Being):
    """A hero or a friend: named, of a kind, with a home and skills."""

    def __init__(self, name, she, kind, home, trait, loves):
        super().__init__(name, she)
        self.kind, self.home, self.trait, self.loves = kind, home, trait, loves
        self.skills = words.KINDS[kind][0].split()
        self.person = kind in words.PEOPLE
        self.a, self.the = article(kind), f'the {kind}'
        self.a_trait = article(f'{trait} {kind}')
        self.full = name if self.person else f'{name} the {kind}'
        self.known = f'a {kind} named {name}' if self.person else self.full  # for somebody the reader meets
        self.young = 'child' if self.person else kind


class Adult(Being):
    """Somebody known by a trade: "the baker"."""

    def __init__(self, name, she, place):
        super().__init__(name, she)
        self.place = place


class Noun:
    """A thing or a place, with one fixed adjective (or none) so that it stays the same through the story."""

    def __init__(self, noun, adjective=None, preposition=None):
        self.noun = noun
        whole = f'{adjective} {noun}' if adjective else noun
        self.whole = whole
        self.a, self.the, self.short = article(whole), f'the {whole}', f'the {noun}'
        if preposition:
            self.at, self.to, self.near = f'{preposition} the {whole}', f'to the {whole}', f'near the {whole}'
            self.from_ = f'from the {whole}'

    def __format__(self, _):
        return self.the
