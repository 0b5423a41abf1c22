"""A race, the first snow, a picnic."""

from ..openings import opening, who
from .common import NIGHT, ending


def race(story):
    rival, prize, goal = story.character('run'), story.food('baked'), story.place('wild')
    day = story.one(
        'It was the day of the (great|big|yearly) race {goal.to}.',
        'Every {season} there was a race {goal.to}. (This time|This year) {hero} wanted to win.',
        '"I am faster than you," said {friend.known}. "We will see," said {hero}, "let us race {goal.to}!"',
    )
    if '{friend' not in day:
        day += ' ' + story.one(
            '{hero} stood next to {friend.known}, who was very fast.', 'The fastest of all was {friend.known}.'
        )
    start = story.one(
        '"One, two, three, go!" called {boss}, and off they (ran|went).', '{boss} waved a red flag, and they were off.'
    )
    lead = story.one(
        '{friend} was ahead, but {hero} came closer and closer.',
        'Side by side they ran, over the bridge and through the field.',
        'At first {hero} was in front. {hero.he} could already see the end.',
    )
    fall = story.one(
        '(Then|Suddenly) {friend} stumbled over a root and fell. "My (foot|leg)!" {friend.he} cried.',
        'Then {hero} heard a cry. {friend} had slipped in the mud and could not get up.',
        'But in the last bend {friend} fell into a ditch.',
    )
    choice = story.one(
        '{hero} could win now. {hero.he} looked at the (flag|finish), and {hero.he} looked at {friend}. Then {hero.he}'
        ' turned back.',
        '{hero} did not think twice. {hero.he} stopped and ran back.',
        'Everybody shouted, "Run, {hero}, run!" But {hero} went back.',
    )
    helps = story.one(
        '"Hold on to me," said {hero}, and they went on together, step by step.',
        '{hero} (helped|pulled) {friend} up, and {friend} leaned on {hero.him}.',
        '"Why did you stop?" asked {friend}. "You could have won." "A friend is better than a prize," said {hero}.',
    )
    finish = story.one(
        'They crossed the line last, but everybody (cheered|clapped) as if they had won.',
        'They came in last, at the same moment, and nobody had ever been cheered like that.',
        'When they arrived, the race was long over. But {boss} was waiting for them, clapping.',
    )
    prize_ = story.one(
        '{boss} gave them {prize.a}. "For the biggest heart," {boss.he} said. They shared it.',
        'The winner came and broke the prize, {prize.a}, into three pieces.',
        '"There is a prize for kindness too," said {boss}, and it was {prize.a}.',
    )
    boss = story.adult()
    return story.tell(
        [who(story), day],
        [start, lead, fall, choice],
        [helps, finish, prize_, story.one(ending(story), '')],
        friend=rival,
        prize=prize,
        goal=goal,
        boss=boss,
    )


def snow(story):
    story.set_weather('snowy', 'winter')
    friend = story.character()
    nose, hat = story.one('carrot', 'pine cone', 'red apple', 'potato'), story.thing('wear')
    wakes = story.one(
        'One morning {hero} woke up, and the whole valley was white.',
        'It had snowed all night. {hero} ran outside.',
        '"Snow!" (cried|shouted) {hero}. "The first snow of the year!"',
    )
    builds = story.one(
        '{hero} began to build a snowman. {hero.he} rolled one ball, and another, and a third.',
        '"I will build the biggest snowman of all," said {hero}, and {hero.he} began to roll the snow.',
        'All morning {hero} worked on a snowman. Its arms were branches, and its eyes were (nuts|stones|buttons).',
    )
    problem = story.one(
        'But the head was so heavy that {hero} could not lift it.',
        'But {hero} had nothing for the nose, and a snowman without a nose looks sad.',
        'But then the snowman leaned to one side, and its head rolled down the hill.',
    )
    comes = story.one(
        (
            'It rolled right to {friend.known}. "Is this yours?" {friend.he} asked.'
            if 'rolled down' in problem
            else '"Wait, I will help you!" called {friend.known}.'
        ),
        '{friend.known} (came by|looked over the hedge) and laughed. "Shall we do it together?"',
    )
    does = story.one(
        (
            'Together they lifted the head, one, two, three!'
            if 'lift' in problem
            else 'Together they put everything in its place.'
        ),
        '{friend} pushed, and {hero} pulled, and soon the snowman was (ready|finished).',
    )
    adds = (
        story.one(f'{{friend}} brought a {nose} for the nose.', f'For the nose they took a {nose}.')
        + ' '
        + story.one('{hero} gave it {hero.his} {hat.whole}.', '{hero} took {hat.a} and gave it to the snowman.')
    )
    fun = story.one(
        'They danced around it and threw snowballs.',
        'Then they slid down the hill until their noses were red.',
        '"What is its name?" asked {friend}. "(Mister Frost|Captain Cold|Sir Snowball|Uncle Winter)," said {hero}.',
    )
    last = story.one(
        'Afterwards they drank (hot cocoa|hot milk|warm tea) by the fire.',
        'In the evening it snowed again, and the snowman got a white coat.',
        'When spring came, the snowman melted, but the two friends stayed friends.',
        'That night, {hero} looked out of the window. The snowman seemed to smile.',
    )
    return story.tell([who(story), wakes], [builds, problem, comes], [does, adds, fun, last], friend=friend, hat=hat)


def picnic(story):
    friend, third, place, food = story.character(), story.character(), story.place('wild'), story.food()
    plan = story.one(
        '{hero} and {hero.his} friends, {friend.known} and {third.known}, wanted to have a picnic {place.at}.',
        '"Let us have a picnic {place.at}!" said {hero} to {friend.known} and {third.known}.',
    )
    brings = story.one(
        '{hero} brought {food.a}, {friend} brought (lemonade|plates and cups|a blanket), and {third} brought a'
        ' (big|good) appetite.',
        'Everybody packed a basket. {hero} packed {food.a}.',
        '{friend} carried the basket, and {third} carried the blanket. {hero} carried {food.the}.',
    )
    goes = story.one(
        'But when they opened the basket, it was empty! There was a hole in the bottom.',
        'But then dark clouds came, and it began to rain.',
        'But an army of ants had come first, and there was hardly anything left.',
        'But {third} sat down on the basket by mistake. Crunch!',
    )
    mood = story.one(
        '"Our beautiful picnic," sighed {hero}.',
        '{friend} and {third} looked at each other. What now?',
        '{third} was close to tears.',
    )
    if 'hole' in goes:
        solve = story.one(
            'So they went back and found everything, one piece after the other. They ate it on the way.',
            '"Look, a trail!" said {friend}. Birds and mice were eating along the path, and they all had a picnic'
            ' together.',
        )
    elif 'rain' in goes:
        solve = story.one(
            '"Under the table!" cried {friend}. They ate at home under the table, with a blanket as a roof.',
            'They crept under a big tree, and the rain played music on the leaves.',
        )
    elif 'ants' in goes:
        solve = story.one(
            '"They were hungry too," said {third}. So they picked berries and nuts, and there was enough for all.',
            'They laughed and watched the ants carry the crumbs home. Then they ate apples from a tree.',
        )
    else:
        solve = story.one(
            '"Flat food tastes good too," said {friend}, and it did.',
            'Everything was mixed together. "It is a new dish," laughed {hero}. "We will call it {third} pudding!"',
        )
    last = story.one(
        'It was the funniest picnic of all.',
        '"Shall we do this again tomorrow?" asked {third}.',
        'They laughed all the way home.',
        (
            'Afterwards they lay in the grass and were full and happy.'
            if 'rain' not in goes
            else 'And then a rainbow came out.'
        ),
    )
    return story.tell(
        [*opening(story), plan],
        [brings, goes, mood],
        [solve, last, story.maybe(0.4, NIGHT)],
        friend=friend,
        third=third,
        place=place,
        food=food,
    )
