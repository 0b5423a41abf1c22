"""Something is lost, stuck, blown away, or strange."""

from ..openings import opening, who
from .common import COMES, FRIENDS, GLAD, MATTER, NIGHT, SAD, THANKS, TOGETHER, WELCOME, ending

# where, the skill that is needed, what the friend then does, why the friend can
STUCK = [
    ('high up in a tree', 'fly', '{friend} flew up into the tree, picked up {thing.the} and brought it down.'),
    ('on the roof of a barn', 'fly', '{friend} flew up to the roof and (pushed|threw) {thing.the} down.'),
    (
        'at the top of an apple tree',
        'climb',
        '{friend} climbed from branch to branch until {friend.he} (reached|held) {thing.the}.',
    ),
    (
        'on a high wall',
        'climb',
        'up the wall went {friend}, (quick as the wind|step by step), and down came {thing.the}.',
    ),
    (
        'in the middle of a pond',
        'swim',
        '{friend} jumped into the water, swam to {thing.the} and pushed it back to the bank.',
    ),
    ('at the bottom of a stream', 'swim', '{friend} dived (deep|) down and came back with {thing.the}.'),
    ('in a deep hole', 'dig', '{friend} dug and dug until the hole was (big|wide) enough, and there was {thing.the}.'),
    ('under a pile of earth', 'dig', '{friend} dug (quickly|and dug), and soon {thing.the} was free.'),
    (
        'under a heavy stone',
        'strong',
        '{friend} rolled the stone away as if it were (a ball|nothing), and there lay {thing.the}.',
    ),
    (
        'behind a big log',
        'strong',
        '{friend} pushed the log aside (with one push|), and {hero} could take {thing.the}.',
    ),
    ('in a crack between two rocks', 'small', '{friend} slipped into the crack and (pushed|pulled) {thing.the} out.'),
    ('inside a hollow log', 'small', '{friend} crept into the log and came out again with {thing.the}.'),
]
REASON = {
    'fly': '"I have wings,"',
    'climb': '"Nobody climbs better than I do,"',
    'swim': '"I am a good swimmer,"',
    'dig': '"Digging is what I do best,"',
    'strong': '"I am strong,"',
    'small': '"I am small enough for that,"',
}


def stuck(story):
    where, skill, help_ = story.pick(STUCK)
    thing, friend, place = story.thing(story.pick(['toy', 'tiny', 'wear'])), story.character(skill), story.place('wild')
    happened = story.one(
        '{hero} was playing {place.at} with {hero.his} {thing.whole}. (But then|Then|Suddenly) it (landed|was stuck)'
        ' {where}.',
        '{hero} had {thing.a}. (One moment {hero.he} was holding it, and the next|{hero.he} (slipped|stumbled|sneezed),'
        ' and a moment later) it was {where}.',
        '"Oh no!" cried {hero}. {hero.his} {thing.whole} (was|had landed) {where}.',
        '{hero} took {hero.his} {thing.whole} {place.to}. But {hero.he} (tripped over a root|was not careful|slipped),'
        ' and it ended up {where}.',
    )
    tries = story.one(
        '{hero} tried to get it with a (long|) stick, but the stick was too short.',
        '{hero} tried (once|) and tried again, but {hero.he} could not (reach|get) it.',
        '{hero} (stretched|reached) as far as {hero.he} could. It was no use.',
        '{hero} looked at it for a long time. How could {hero.he} ever get it back?',
    )
    offer = story.one(
        '"I (can help|know what to do|will get it)," said {friend}.',
        '"Do not (cry|worry)," said {friend}.',
        '"Leave it to me!" said the {friend.kind}.',
        f'{REASON[skill]} (said {{friend}}|said the {{friend.kind}}|{{friend}} said).',
    )
    thanks = story.one(
        f'{THANKS} {WELCOME}',
        f'{GLAD} {THANKS}',
        THANKS,
        '{hero} took {thing.the} (happily|with a laugh). "Let us play together," {hero.he} said, and they (did|played'
        ' until dark).',
    )
    return story.tell(
        [*opening(story), happened],
        [
            tries,
            story.maybe(0.5, SAD),
            COMES,
            story.maybe(0.7, f'{MATTER} "My {{thing.noun}} is {{where}}," said {{hero}}.'),
            offer,
            help_,
        ],
        [thanks, ending(story)],
        friend=friend,
        thing=thing,
        place=place,
        where=where,
    )


def lost_thing(story):
    thing, friend = story.thing(story.pick(['tiny', 'wear', 'tool', 'toy'])), story.character()
    first, second = story.place('wild'), story.place('town')
    start = story.one(
        '{hero} (looked for|wanted to take) {hero.his} {thing.whole}, but it was (gone|not there|nowhere to be found).',
        '{hero} had lost {hero.his} {thing.whole}.',
        '"Where is my {thing.whole}?" (asked|cried) {hero}. (It was gone!|)',
        '{hero} woke up and saw that {hero.his} {thing.whole} was (gone|missing).',
    )
    dear = story.maybe(
        0.5,
        'It was a present from {hero.his} (grandmother|grandfather|best friend).',
        '{hero.he} (loved|needed) it (so|very) much.',
        'It was the (nicest|best) thing {hero.he} had.',
    )
    search = story.one(
        '{hero.he} looked {first.at}, but it was not there. {hero.he} looked {second.at}, but it was not there either.',
        'First {hero.he} (searched|looked) {first.at}. Then {hero.he} (searched|looked) {second.at}. (Nothing!|No'
        ' {thing.noun}.)',
        '{hero.he} ran {first.to} and looked under every (stone|leaf). {hero.he} ran {second.to} and asked everybody. '
        'Nobody had seen {thing.the}.',
    )
    ask = f'{COMES} "(Have you seen|Did you find) my {{thing.noun}}?" asked {{hero}}.'
    found = story.one(
        '"Where did you have it last?" asked {friend}. {hero} thought (hard|about it). "At home, (in my bed|by the'
        ' door|at breakfast)!" They (ran|went) back together, and there it was, under (the bed|the chair|a cushion|the'
        ' table).',
        '"Is it {thing.a}?" asked {friend}. "I found it (by the road|under a bush|in the grass) this morning. (Here it'
        ' is|Look)!"',
        '"No," said {friend}, "but four eyes see more than two." So they looked together, and {friend} found'
        ' {thing.the} (under a bush|in the tall grass|behind a stone|between the roots of a tree).',
        '{friend} began to laugh. "(Look|Feel) (behind you|on your back|on your head)!" (There|And there) it was. It'
        ' had been with {hero} all the time.',
    )
    return story.tell(
        [*opening(story), start, dear],
        [search, story.maybe(0.5, SAD), ask, found],
        [
            story.one(THANKS, f'{GLAD} {THANKS}', f'{THANKS} {WELCOME}'),
            story.maybe(0.35, '"I will (take better care of it|never lose it again)," {hero} (promised|said).'),
            ending(story),
        ],
        friend=friend,
        thing=thing,
        first=first,
        second=second,
    )


YOUNG = 'rabbit duck mouse fox lamb owl hedgehog bear deer otter seal'.split()


def lost_child(story):
    place = story.place('wild')
    child = story.character(kind=story.pick([kind for kind in YOUNG if kind != story.hero.kind]))
    mark = story.one(
        'the tall poplar trees',
        'a red gate',
        'the sound of the waterfall',
        'a big grey stone',
        'the smell of wild roses',
        'an old stone bridge',
        'the noise of the mill',
        'a crooked tree',
    )
    hears = story.one(
        '{hero} was walking (home|) {place.near} when {hero.he} heard (somebody|someone) crying.',
        '{place.near}, {hero} heard a (small|tiny|sad) voice. "(Help!|Mama!|Where am I?)" it (said|called).',
        '{hero} found a (tiny|very small|little) {friend.kind} sitting all alone {place.at}.',
    )
    name = story.one(
        '"Who are you?" asked {hero}. "I am {friend}," said the little {friend.kind}, "and I have lost my (mother|way'
        ' home)."',
        'It was {friend}, a (little|baby|very young) {friend.kind}. "I cannot find my way home," {friend.he}'
        ' (said|cried|sobbed).',
        'It was a baby {friend.kind} named {friend}. {friend.he} had followed a (butterfly|dragonfly|feather in the'
        ' wind) and lost {friend.his} way.',
    )
    ask = story.one(
        '"What is near your home?" asked {hero}. {friend} (thought|wiped {friend.his} eyes). "{mark}," {friend.he}'
        ' said.',
        '"Do not be afraid," said {hero}. "Tell me what is near your home." "{mark}," (whispered|said) {friend}.',
    )
    go = story.one(
        'So they walked side by side (over the hill|along the stream|through the trees) until they (came to|found) it.',
        '"I know where that is!" said {hero}. They set off at once, and {hero} sang a song so that {friend} would not'
        ' be afraid.',
        '{hero} knew the place. It was far, and when {friend} was tired, {hero} (told {friend.him} a story|waited until'
        ' {friend.he} had rested).',
    )
    mother = story.one(
        'There stood the mother {friend.kind}, calling and calling. "{friend}!" she cried, and (held|hugged)'
        ' {friend.him} (tight|for a long time).',
        '"Mama!" cried {friend}. {friend.his} mother (ran to them|came running) and (covered {friend.him} with'
        ' kisses|laughed and cried at the same time).',
    )
    thanks = story.one(
        '"Thank you, {hero}," said the mother {friend.kind}, and she gave {hero.him} {food.a}.',
        '{friend.s} mother thanked {hero} and (asked|invited) {hero.him} to stay for supper.',
        '"You have a (good|kind|big) heart, {hero}," said the mother.',
    )
    return story.tell(
        [*opening(story), hears],
        [name, ask, go],
        [mother, thanks, ending(story)],
        friend=child,
        place=place,
        mark=mark,
        food=story.food(),
    )


def noise(story):
    friend, fear = story.character(), story.one('ghost', 'giant', 'monster')
    sound, reason = story.pick(
        [
            (
                'tap, tap, tap',
                '{friend} was (mending|building) a (chair|shelf|bench) by the light of a (candle|lantern)',
            ),
            (
                'boo, hoo, hoo',
                (
                    '{friend} was sitting there, crying, because {friend.he} had (hurt {friend.his} foot|lost'
                    ' {friend.his} way)'
                ),
            ),
            ('crunch, crunch', '{friend} was eating {food.a} in the dark'),
            ('la, la, la', '{friend} was practising a song, because {friend.he} was too shy to sing by day'),
            ('scratch, scratch', '{friend} was at the door, cold and (wet|tired), looking for a place to sleep'),
            ('bump, bump, bump', '{friend} was dancing alone in the moonlight'),
            ('splash, splash', '{friend} was taking a bath in a (wooden tub|big puddle) and singing'),
            ('ding, ding', '{friend} was playing with a little bell'),
        ]
    )
    night = story.one(
        'One night, {hero} could not sleep. (From somewhere|Outside) came a (strange|funny) (sound|noise): {sound}.',
        '{hero} woke up in the middle of the night. "{sound}," it went (outside|in the dark).',
        'Late one evening, {hero} heard a strange sound. {sound}! What could it be?',
    )
    thinks = story.one(
        '"Is it a {fear}?" thought {hero}. {hero.his} heart beat (fast|like a drum).',
        '{hero} (pulled the blanket over {hero.his} head|held {hero.his} breath). There it was again: {sound}.',
        '{hero} was (a little|very) afraid. But {hero.he} was curious too.',
    )
    goes = story.one(
        '(At last|Then|But) {hero.he} took (a lantern|a candle|all {hero.his} courage) and (went to look|tiptoed'
        ' outside|followed the sound).',
        '"I will (only|just) take one look," {hero.he} (whispered|told {hero.himself}), and {hero.he} crept'
        ' (outside|towards the sound).',
    )
    meets = story.one(
        f'It was not a {{fear}} at all. It was {{friend.known}}. {reason}.',
        f'And what did {{hero.he}} find? {{friend.known}}! {reason}.',
        f'There, in the moonlight, was {{friend.known}}. {reason}.',
    )
    talk = story.one(
        '"(Oh, it|So it) is only you!" (said|laughed) {hero}. "I thought you were a {fear}!" They both laughed.',
        '"(Good evening|Hello)," said {hero}. "You (frightened|woke) me!" "I am sorry," said {friend}. "I did not mean'
        ' to."',
        '"Do not be afraid," said {friend}. "It is only me." (And|Then) {hero} (laughed|felt silly) and was not afraid'
        ' any more.',
    )
    then = story.one(
        '{hero} asked {friend.him} in, and they drank (hot milk|warm tea|cocoa) together.',
        '{hero} helped {friend}, and soon everything was (fine|good).',
        'They (talked|told each other stories) until (the sun came up|they were sleepy).',
    )
    return story.tell(
        [who(story), night],
        [thinks, goes, meets],
        [talk, then, story.maybe(0.8, FRIENDS)],
        friend=friend,
        sound=sound,
        fear=fear,
        food=story.food(),
    )


def wind(story):
    thing = story.thing('wind')
    story.set_weather('windy')
    first, second, friend = story.place('open'), story.place('wild'), story.character()
    gone = story.one(
        '{hero} was (walking|playing) {first.at} with {hero.his} {thing.whole}. (Whoosh!|Suddenly) a (strong|wild) gust'
        ' of wind (took|carried) it away.',
        '(Whoosh!|Puff!) The wind took {hero.s} {thing.whole} and carried it high into the air.',
        '{hero} held {hero.his} {thing.whole} (tight|with all {hero.his} might), but the wind was stronger. Up it went,'
        ' over {first.the}.',
    )
    chase = story.one(
        '"(Stop|Come back|Give it back)!" (cried|shouted|called) {hero}, and {hero.he} ran after it (as fast as'
        ' {hero.he} could|{second.to}|over the fields).',
        '{hero} ran and ran. (Over the fence|Through the mud|Down the hill) {hero.he} ran, but {thing.the} was always'
        ' (faster|a little ahead).',
    )
    catches = story.one(
        'At last it fell {second.at}, right in front of {friend.known}.',
        'Then it (dropped|sank) down, right onto {friend.known}.',
        'At last the wind grew tired, and {thing.the} landed next to {friend.known}.',
    )
    talk = story.one(
        '"Is this yours?" (asked {friend}|{friend} asked). "It (fell from the sky|nearly fell on my head)!"',
        '"What a (funny|strange) bird!" said {friend}. "It is not a bird," (laughed|said) {hero}, "it is my'
        ' {thing.noun}."',
        '"I (caught|have) it!" (called|cried) {friend}, and laughed.',
    )
    last = story.one(
        f'{THANKS} {WELCOME}',
        THANKS,
        '{hero} laughed and told {friend} how far {hero.he} had run.',
        '"The wind (brought me a friend|wanted us to meet)," said {hero}, and {friend} (laughed|smiled|agreed).',
    )
    return story.tell(
        [*opening(story), gone],
        [chase, catches, talk],
        [last, story.one(ending(story), f'{TOGETHER} {NIGHT}')],
        friend=friend,
        thing=thing,
        first=first,
        second=second,
    )
