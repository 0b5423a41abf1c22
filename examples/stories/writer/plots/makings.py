"""Building, growing, learning."""

from ..openings import opening
from .common import GLAD, NIGHT, THANKS, ending

# what is built, what breaks it, what makes it better, what it can do at last
BUILDS = [
    (
        'a kite',
        'the first kite was too heavy and fell down',
        'a longer tail',
        'the kite rose higher and higher, until it was (only|) a tiny dot in the sky',
    ),
    (
        'a raft',
        'the raft turned over, and splash, {hero} sat in the water',
        'two more logs',
        'the raft floated down the river like a (proud|little) ship',
    ),
    ('a tree house', 'the floor broke in the middle', 'stronger boards', 'the tree house stood firm, even in the wind'),
    (
        'a bridge over the stream',
        'the water carried it away',
        'big stones on both sides',
        'the bridge held, and everybody could cross the stream',
    ),
    (
        'a sledge',
        'it would not slide at all',
        'smooth wood and a little wax',
        'the sledge flew down the hill like an arrow',
    ),
    (
        'a wagon',
        'one wheel rolled away on its own',
        'round wheels of oak',
        'the wagon rolled (all the way|) to the market and back',
    ),
    (
        'a windmill',
        'it did not turn, however hard the wind blew',
        'lighter sails',
        'the little windmill turned and turned',
    ),
    (
        'a swing',
        'the rope broke, and {hero} landed in the grass',
        'a thicker rope',
        'the swing went up to the leaves and back again',
    ),
    (
        'a scarecrow',
        'the birds only laughed and sat on its arms',
        'a big hat with bells',
        'the scarecrow rang in the wind, and the corn was safe',
    ),
    (
        'a flying machine',
        'it flew exactly as far as the next bush',
        'wings of light cloth',
        'the machine hopped, and hopped again, and flew over the meadow',
    ),
    (
        'a sand castle',
        'a wave washed it away',
        'a deep ditch all around',
        'the castle stood until the evening, with a feather as its flag',
    ),
]


def building(story):
    thing, broke, better, works = story.pick(BUILDS)
    friend = story.character()
    wants = story.one(
        '{hero} wanted to build {thing}. {hero.he} had dreamed of it for (weeks|a long time).',
        '"(Today|Now) I will build {thing}!" said {hero}.',
        'One day, {hero} had an idea: {hero.he} would build {thing}.',
    )
    works_on = story.one(
        '{hero.he} collected (wood, nails and string|everything {hero.he} needed) and worked all (morning|day).',
        'All (morning|day) {hero.he} measured and sawed and hammered.',
        '{hero.he} drew a plan and began (at once|to work).',
    )
    fails = story.one(
        'But {broke}.', 'Then came the big moment. But {broke}.', '"Ready!" {hero.he} (cried|said). But {broke}.'
    )
    mood = story.one(
        '"It is no use," {hero.he} (sighed|said).',
        '{hero} wanted to give up.',
        '{hero} kicked a stone. All that work for nothing!',
        '{hero} sat down and (frowned|sulked).',
    )
    comes = story.one(
        '{friend.known} had watched it. "Maybe it needs {better}," {friend.he} said.',
        '"May I help?" asked {friend.known}, who was passing by. "I think it needs {better}."',
        'Then {friend.known} came by and looked at it from all sides. "What about {better}?" {friend.he} asked.',
    )
    again = story.one(
        'So they tried again, together.',
        '"Good idea!" said {hero}, and they (worked|built) until the evening.',
        'They (laughed|sang) as they worked, and it went (twice as fast|much better).',
    )
    second = story.maybe(
        0.3,
        'The second one was better, but still not good. The third one was right.',
        'It took a whole day, but they did not give up.',
    )
    success = story.one('And this time {works}.', 'This time, {works}.', 'They held their breath. And {works}!')
    last = story.one(
        '"We did it!" they (cried|shouted) together.',
        '"One head is good, and two are better," said {friend}.',
        'Everybody came to see it, and {hero} and {friend} were very proud.',
        GLAD,
        '"If I had given up," said {hero}, "I would never have seen this."',
    )
    return story.tell(
        [*opening(story), wants],
        [works_on, fails, mood, comes],
        [again, second, success, last, ending(story)],
        friend=friend,
        thing=thing,
        better=better,
        broke=broke,
        works=works,
    )


PLANTS = [
    ('a sunflower', 'sunflower', 'taller than the house', 'yellow as the sun'),
    ('a pumpkin', 'pumpkin', 'as big as a wagon', 'round and orange'),
    ('a bean', 'bean plant', 'up to the roof', 'full of green beans'),
    ('an apple tree', 'apple tree', 'taller every year', 'full of red apples'),
    ('a strawberry', 'strawberry plant', 'over the whole garden bed', 'full of sweet red berries'),
    ('a rose', 'rose bush', 'up to the window', 'full of pink flowers'),
    ('a carrot', 'carrot', 'longer than an arm', 'orange and sweet'),
]


def garden(story):
    seed, plant, big, look = story.pick(PLANTS)
    story.set_weather('sunny', 'spring')
    friend = story.character()
    gets = story.one(
        '{hero} found a (tiny|small) seed (on the path|in {hero.his} pocket|in an old box).',
        'An old woman gave {hero} a seed. "It is {seed}," she said, "and it needs time."',
        '"What is this?" asked {hero}. "It is the seed of {seed}," said an old man, and he gave it to {hero.him}.',
        '{hero} bought a seed at the market. It was smaller than a (button|pea).',
    )
    plants = story.one(
        '{hero.he} dug a (little|small) hole, put the seed in and covered it with earth.',
        '{hero.he} planted it (in the garden|behind the house|in the sun) and gave it water.',
    )
    waits = story.one(
        '{hero.he} waited one day. {hero.he} waited two days. Nothing happened.',
        'The next morning {hero.he} ran to look. There was nothing, only earth.',
        'Every morning {hero.he} looked, and every morning there was only brown earth.',
    )
    doubt = story.one(
        '"It does not (like me|want to grow)," said {hero} sadly.',
        '"Grow!" said {hero}. "Grow (faster|at once)!" But the seed did not listen.',
        '{hero} wanted to dig it up to see what was wrong.',
    )
    advice = story.one(
        '"(You must be patient|Give it time)," said {friend.known}. "Good things grow slowly."',
        '{friend.known} came by and smiled. "It is asleep," {friend.he} said. "Give it water and sun, and wait."',
        '"Do not dig it up!" said {friend.known}. "Under the earth it is (very|) busy."',
    )
    care = story.one(
        'So {hero} gave it water and sang to it every (day|evening).',
        '{hero} waited, and pulled out the weeds, and waited.',
        'It rained, and the sun shone, and it rained again.',
    )
    sprout = story.one(
        'Then, one morning, there was a (tiny|small) green leaf!',
        'At last a green tip came out of the earth. "{hero}, come and look!" cried {friend}.',
        'And one day, something green was there. {hero} (danced|jumped) for joy.',
    )
    grows = story.one(
        'The {plant} grew {big}, and it was {look}.',
        'It grew and grew. In summer, the {plant} was {look}.',
        'Week by week the {plant} grew, until it was {look}. {hero} had never seen anything so (beautiful|fine).',
    )
    last = story.one(
        '{hero} gave a part of it to everybody in the village, and kept (one seed|a few seeds) for the next spring.',
        '"You were right," said {hero} to {friend}. "It only needed time."',
        'And {hero} and {friend} planted a whole garden (the next year|together).',
        'They sat down next to it and were (very|) proud.',
    )
    return story.tell(
        [*opening(story), gets, plants],
        [waits, doubt, advice],
        [care, sprout, grows, last],
        friend=friend,
        seed=seed,
        plant=plant,
        big=big,
        look=look,
    )


# what, first failures, advice, success
SKILLS = [
    (
        'swim',
        'swallowed a lot of water and (sank|went under)',
        'Move your legs slowly and breathe',
        'swam across the whole pond',
    ),
    (
        'whistle',
        'blew and blew, but only air came out',
        'Make your mouth small and round, and think of a bird',
        'whistled a (whole|happy) song',
    ),
    (
        'ride a bicycle',
        'fell to the left, and then to the right',
        'Look ahead and not at your feet',
        'rode all the way around the market square',
    ),
    (
        'bake bread',
        'made a loaf as hard as a stone',
        'Let the dough sleep before you bake it',
        'took a soft and golden loaf out of the oven',
    ),
    ('skate', 'sat down on the ice with a bump', 'Bend your knees and do not hurry', 'glided over the ice like a swan'),
    (
        'play the violin',
        'made a sound like a cat with a cold',
        'Hold the bow gently, as if it were a bird',
        'played so sweetly that everybody stopped to listen',
    ),
    (
        'juggle',
        'dropped one ball after the other',
        'Begin with one ball, then take two',
        'juggled with three balls at once',
    ),
    (
        'read',
        'mixed up all the letters',
        'Read one letter, and then the next, and then sing them together',
        'read a whole page aloud',
    ),
    (
        'dance',
        'stepped on everybody\'s toes',
        'Listen to the drum and count to three',
        'danced until the stars came out',
    ),
    (
        'knit',
        'made more knots than stitches',
        'Take your time and count every stitch',
        'knitted a long and colourful scarf',
    ),
    (
        'catch a ball',
        'missed it every time',
        'Watch the ball until it is in your hands',
        'caught the ball ten times in a row',
    ),
    (
        'tell stories',
        'forgot what came next',
        'Close your eyes and see it all before you',
        'told a story that made everybody laugh and cry',
    ),
]


def learning(story):
    skill, fails, advice, success = story.pick(
        [row for row in SKILLS if row[0] not in story.hero.skills and row[0].split()[0] not in story.hero.loves]
    )
    friend = story.character()
    if skill == 'skate':
        story.set_weather('snowy', 'winter')
    wants = story.one(
        '{hero} could do many things, but {hero.he} could not {skill}.',
        '{hero} wanted to {skill} more than anything.',
        'All the others could {skill}. Only {hero} could not.',
        'There would be a (big|) party soon, and {hero} wanted to learn to {skill}.',
    )
    tries = story.one(
        '{hero.he} tried. {hero.he} {fails}.',
        'On the first day, {hero.he} {fails}.',
        '"It cannot be hard," {hero.he} thought. But {hero.he} {fails}.',
    )
    more = story.one(
        'On the second day it was no better.',
        'The others (giggled|laughed), and {hero} (blushed|felt small).',
        '{hero.he} tried again, and again, and it was always the same.',
        '"I will never learn it," {hero.he} (sighed|said).',
    )
    comes = story.one(
        '{friend.known} saw it. "(Nobody can do it on the first day|Everybody begins like that)," {friend.he} said.'
        ' "{advice}."',
        '"May I show you?" asked {friend.known}. "{advice}."',
        'Then {hero.he} asked {friend.known} for help. "{advice}," said {friend}.',
    )
    practise = story.one(
        '{hero} practised (every day|in the morning and in the evening).',
        '"Once more," said {friend}, and "once more," and {hero} did not give up.',
        'Day after day {hero} tried, and {friend} (never lost patience|was always there).',
        'A little better, and a little better, and then a little worse, and then much better!',
    )
    did = story.one(
        'And one day {hero.he} {success}!',
        'After (a week|two weeks|many days), {hero} {success}.',
        'Then came the great day. {hero} took a deep breath and {success}.',
    )
    last = story.one(
        '"I can do it!" (cried|shouted) {hero}.',
        'Everybody clapped, and {friend} clapped the loudest.',
        '"I knew it," said {friend}.',
        f'{THANKS} "You did it yourself," said {{friend}}.',
        'The next day a little (child|one) asked {hero} how it was done. "{advice}," said {hero}.',
    )
    return story.tell(
        [*opening(story), wants],
        [tries, more, comes],
        [practise, did, last, ending(story) if story.chance(0.6) else NIGHT],
        friend=friend,
        skill=skill,
        fails=fails,
        advice=advice,
        success=success,
    )
