"""Out into the world: maps, fallen stars, letters, narrow bridges, floods, the sea."""

from ..openings import opening, who
from .common import FRIENDS, HAPPY, NIGHT, TOGETHER, ending


def treasure(story):
    friend, first, second = story.character(), story.place('wild'), story.place('water')
    chest = story.one(
        'a box full of golden coins',
        'an old book of songs',
        'a box of shiny glass beads',
        'a hundred coloured pencils',
        'an empty box',
        'a silver bell',
    )
    finds = story.one(
        '{hero} found an old map (in a book|in a bottle|under the floor|in the attic). A red cross was on it.',
        'An old map fell out of a book. "A treasure map!" cried {hero}.',
    )
    asks = story.one(
        '{hero} showed it to {friend.known}. "Let us look for it!" said {friend}.',
        '"Will you come with me?" {hero} asked {friend.known}. "Of course!" said {friend}.',
        '{hero.his} friend, {friend.known}, wanted to come along.',
    )
    way = story.one(
        'First they walked {first.to}. Then they followed the path {second.to}.',
        '"Ten steps {first.from_}, then {second.to}," {hero} read. They counted every step.',
        'The way was long. They crossed {first.the} and came {second.to}.',
    )
    trouble = story.one(
        'It grew dark, but they lit a lantern and went on.',
        'A big stone lay in the way. They pushed it aside together.',
        '{friend} was tired, so they rested and shared {food.a}.',
        'It began to rain, and they hid under a tree until it was over.',
    )
    dig = story.one(
        'Under an old tree they began to dig. Clonk! There was something hard.',
        'There was the cross, made of two (white stones|branches). They dug and dug.',
        'Behind a bush they found a hole, and in the hole was a chest.',
    )
    opens = story.one('They opened it. Inside was {chest}!', 'The lid creaked. And what was inside? {chest}!')
    last = (
        story.one(
            '"It is (only|just) empty," said {friend}. "No," said {hero}, "it is full of air from long ago." They'
            ' laughed until it hurt.',
            '"The best part was the way here," said {hero}, and they used the box for their next treasure map.',
        )
        if chest == 'an empty box'
        else story.one(
            'They shared it with everybody in the village.',
            '"Half for you and half for me," said {hero}.',
            '"The real treasure is that we found it together," said {friend}.',
            'They carried it home, and everybody wanted to see it.',
        )
    )
    return story.tell(
        [*opening(story), finds, asks],
        [way, trouble, dig],
        [opens, last, story.maybe(0.7, NIGHT, TOGETHER, HAPPY)],
        friend=friend,
        first=first,
        second=second,
        chest=chest,
        food=story.food(),
    )


def star(story):
    friend, place = story.character('fly' if story.chance(0.5) else 'climb'), story.place('wild')
    flies = 'fly' in friend.skills
    falls = story.one(
        'One night, a little star fell from the sky and landed {place.at}.',
        'One night, {hero} saw something bright {place.at}. It was a little star.',
        'It was a clear night. Something fell from the sky, and {hero} found it {place.at}. It was a star, no bigger'
        ' than an apple.',
    )
    says = story.one(
        '"I leaned out too far," said the star, "and now I cannot get back."',
        '"I miss my brothers and sisters," said the star in a tiny voice.',
        'The star was crying drops of light. "How can I get home?" it asked.',
    )
    keeps = story.one(
        '{hero} thought how nice it would be to have a star for {hero.himself}. But the star was so sad.',
        'Carefully {hero} picked it up. It was warm, like a freshly baked bun.',
        '"Do not cry," said {hero}. "We will find a way."',
    )
    light = story.maybe(
        0.5,
        'With every hour its light grew weaker.',
        'There was no time to lose, for the star was growing (pale|cold).',
    )
    helps = (
        story.one(
            '{hero} woke up {friend.known}.',
            'Who could help? {hero} thought of {friend.known}.',
            'Then {friend.known} came by.',
        )
        + ' '
        + (
            story.one(
                '{friend} took the star on {friend.his} back and flew up, higher than ever before.',
                '"I will fly as high as I can," said {friend}, and up they went.',
            )
            if flies
            else story.one(
                '{friend} climbed to the top of the tallest tree, with the star on {friend.his} back.',
                '"I know the highest tree in the valley," said {friend}, and up they climbed.',
            )
        )
    )
    home = story.one(
        'A wind came and lifted the star up to its place.',
        'The moon bent down a little and took the star in her arms.',
        'The star jumped, and the night pulled it home.',
    )
    last = story.one(
        'From then on, one star twinkled twice whenever {hero} looked up.',
        '"Thank you!" it called, and all the stars shone a little brighter.',
        '{hero} waved for a long time. Every evening after that, {hero} and {friend} said good night to their star.',
    )
    return story.tell(
        [who(story), falls],
        [says, keeps, light, helps],
        [home, last, story.maybe(0.4, NIGHT)],
        friend=friend,
        place=place,
    )


def bridge(story):
    friend, food = story.character(), story.food()
    narrow = story.one(
        'There was a bridge over the river, so narrow that only one could cross at a time.',
        'On the way to the market, {hero} came to a very narrow bridge.',
        'A fallen tree lay over the stream. It was the only way to the other side.',
    )
    middle = story.one(
        'In the middle, {hero.he} met {friend.known}.',
        '{hero.he} was halfway across when {friend.known} came from the other side.',
        'Just as {hero.he} stepped onto it, {friend.known} stepped onto it too, and they met in the middle.',
    )
    row = story.one(
        '"Go back!" said {hero}. "You go back!" said {friend}.',
        '"I was here first," said {friend}. "No, I was," said {hero}.',
        '"Let me pass, I am in a hurry," said {hero}. "I am in a hurry too," said {friend}.',
    )
    stand = story.one(
        'They stood there for an hour. Neither moved.',
        'They pushed a little, and the bridge began to (shake|swing).',
        'They looked at each other with angry eyes, and the water laughed below them.',
    )
    turn = story.one(
        'Then {hero.s} stomach rumbled, and {friend.s} stomach answered. They had to laugh.',
        'Then it began to rain on both of them. "This is silly," said {friend}.',
        '"We will stand here until winter," said {hero}. "That would be (cold|silly)," said {friend}.',
    )
    solve = story.one(
        '"I will go back," said {hero}. "You can cross first." "Thank you," said {friend}, "then I will carry your'
        ' bag."',
        '{friend} lay down flat, and {hero} stepped over {friend.him} very carefully.',
        '{hero} took a step back, and then another, and let {friend} cross.',
    )
    after = story.one(
        'On the bank they shared {food.a}.',
        'Later they put a second tree next to the first, so that two could pass.',
        'Since then, whoever comes to the bridge says, "After you!"',
        'Both were late, but neither of them minded.',
    )
    return story.tell(
        [*opening(story), narrow],
        [middle, row, stand],
        [turn, solve, after, story.maybe(0.7, ending(story))],
        friend=friend,
        food=food,
    )


def message(story):
    sender, friend, place = story.adult(), story.character(), story.place('wild')
    thing = story.thing('gift')
    gives = story.one(
        '{sender} gave {hero} {thing.a}. "Please bring it to {friend.known} before sunset," {sender.he} said.',
        '"Can you take {thing.a} to {friend.known}?" asked {sender}. "It is important." "Yes," said {hero}.',
    )
    starts = story.one(
        '{hero} set off at once. The way led {place.to}.', 'So {hero} put {thing.the} in a bag and set off {place.to}.'
    )
    tempt = story.one(
        'On the way some children were playing. "Play with us!" they called. "Later," said {hero}, and went on.',
        'The berries by the road looked sweet, but {hero} did not stop.',
        '{hero} was tired and wanted to rest, but the sun was already low.',
        'Twice {hero.he} took the wrong path, and twice {hero.he} turned back.',
    )
    block = story.one(
        'Then {hero.he} came to a river without a bridge. {hero.he} held {thing.the} high above {hero.his} head and'
        ' waded through.',
        'Then it began to pour. {hero} hid {thing.the} under {hero.his} coat and ran.',
        'A thick fog came up. {hero} followed the sound of a bell, step by step.',
    )
    arrive = story.one(
        'The sun was just going down when {hero} knocked at {friend.s} door.',
        'At last {hero.he} saw a light. It was {friend.s} home.',
        'Wet and tired, {hero} reached {friend.s} home in time.',
    )
    opens = story.one(
        '"{thing.a}!" said {friend}. "I have waited for this for a whole year."',
        '{friend} took {thing.the}, and {friend.his} eyes shone. "It belonged to my grandmother," {friend.he} said.',
        '"You came all this way for me?" asked {friend}. "Come in and warm yourself."',
    )
    last = story.one(
        '{hero} got a bowl of soup and the best place by the fire.',
        '"One can rely on you, {hero}," said {sender} the next day.',
        '"I had promised it," said {hero}.',
        '{friend} played a song for {hero}, and the long way was forgotten.',
    )
    return story.tell(
        [*opening(story), gives],
        [starts, tempt, block],
        [arrive, opens, last, FRIENDS],
        sender=sender,
        friend=friend,
        place=place,
        thing=thing,
    )


def flood(story):
    story.set_weather('rainy')
    friend = story.character('small')
    rains = story.one(
        'It had rained for three days, and the river rose higher and higher.',
        'After a week of rain, the stream had become a wild river.',
    )
    cry = story.one(
        'Then {hero} heard a cry for help. {friend.known} was sitting on a stone in the middle of the water.',
        '"Help!" somebody called. It was {friend.known}, who clung to a branch in the flood.',
        '{hero} saw {friend.known} on a tiny island. All around was water.',
    )
    think = story.one(
        '{hero} could not reach {friend.him}. The water was too (wild|deep).',
        '{hero} looked around. There was no time to fetch help.',
        '"Hold on!" shouted {hero}. "I am coming!"',
    )
    way = story.one(
        '{hero.he} found a long branch and held it out. "Take it!" {hero.he} called.',
        '{hero.he} pushed an old door into the water and used it as a boat.',
        '{hero.he} tied a rope to a tree and threw the other end to {friend}.',
        '{hero.he} rolled a log into the stream, so that it made a bridge.',
    )
    pull = story.one(
        '{friend} was afraid, but {friend.he} trusted {hero}. A moment later {friend.he} was safe.',
        'Once it slipped, and twice. The third time it worked, and {friend} reached the bank.',
        '"Do not look at the water, look at me," said {hero}. And {friend} came, step by step.',
    )
    after = story.one(
        '{friend} trembled all over. {hero} wrapped {friend.him} in a blanket.',
        '"I thought nobody would hear me," said {friend}. "I heard you," said {hero}.',
        '"You saved my life," said {friend}. {hero} turned red.',
    )
    home = story.one(
        '{friend} had lost {friend.his} home in the flood, so {friend.he} stayed with {hero} until spring.',
        'When the water was gone, everybody helped {friend} to build a new home, higher up on the hill.',
        'That evening they sat by the fire and listened to the rain, and it sounded friendly again.',
    )
    return story.tell(
        [who(story), rains], [cry, think, way], [pull, after, home, story.maybe(0.7, FRIENDS)], friend=friend
    )


def sea(story):
    friend = story.character()
    island = story.one(
        'where the sand was as white as milk',
        'full of strange birds',
        'with one single palm tree',
        'where the flowers were as tall as houses',
        'where nobody had ever been',
    )
    boat = story.one(
        '{hero} had a little boat with a (red|blue|white|yellow) sail.',
        '{hero} had found an old boat on the beach and mended it.',
        'All winter, {hero} had built a little boat.',
    )
    goes = story.one(
        'One morning, {hero.he} sailed out to sea with {friend.known}.',
        '"Let us see what is behind the sea," {hero.he} said to {friend.known}, and off they sailed.',
    )
    calm = story.one(
        'At first the water was (smooth|calm), and the sun made it glitter.',
        'The wind was good, and the boat danced over the waves.',
        'They sang sea songs and ate {food.a}.',
    )
    storm = story.one(
        'Then dark clouds came, and the waves grew as high as hills.',
        'But suddenly there was fog everywhere, and they did not know where they were.',
        'Then the wind stopped, and the boat did not move any more.',
    )
    if 'wind stopped' in storm:
        solve = story.one(
            '"Then we must row," said {friend}. They rowed all day.',
            'A friendly whale came and pushed them with its nose.',
        )
    elif 'fog' in storm:
        solve = story.one(
            '"Listen!" said {friend}. Far away, they heard birds, and they sailed towards the sound.',
            'They rang a bell, and a seal came and swam ahead of them.',
        )
    else:
        solve = story.one(
            '{hero} held the rudder, and {friend} held the sail, and they did not let go all night.',
            '"Are you afraid?" asked {friend}. "Yes," said {hero}. "Me too," said {friend}. They held on to each'
            ' other.',
        )
    lands = story.one(
        'In the morning they saw an island {island}.',
        'And there, in the first light, was an island {island}.',
        'At last the boat touched land. It was an island {island}.',
    )
    stay = story.one(
        'They stayed for three days and swam and laughed.',
        'They found a shell that sang when one held it to the ear.',
        'They collected fruit and slept under the stars.',
        'They gave it a name: the Island of {hero} and {friend}.',
    )
    back = story.one(
        'Then they sailed home, and everybody was waiting at the harbour.',
        '"Home is beautiful too," said {hero}, and they turned the boat around.',
        'When they came home, they had so much to tell.',
    )
    return story.tell(
        [who(story), boat, goes],
        [calm, storm, solve],
        [lands, stay, back, story.maybe(0.4, NIGHT, HAPPY)],
        friend=friend,
        island=island,
        food=story.food(),
    )
