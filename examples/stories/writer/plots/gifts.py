"""Giving: food, shelter, presents, a day's work."""

from ..openings import opening, who
from .common import COMES, FRIENDS, GLAD, NIGHT, THANKS, TOGETHER, ending


def hungry(story):
    food, friend, place = story.food(), story.character(), story.place('wild')
    has = story.one(
        '{hero} had {food.a} for (lunch|breakfast). {hero.he} sat down {place.at} to eat it.',
        '{hero} was carrying {food.a} home. {hero.he} had waited for it all (morning|day).',
        (
            '{hero.s} mother gave {hero.him} {food.a}. "I will eat it {place.at}," said {hero}, and off {hero.he} went.'
            if story.hero.kind in ('girl', 'boy', 'fox', 'rabbit', 'mouse', 'duck', 'lamb', 'princess', 'prince')
            else '{hero} had found {food.a}. {hero.he} took it {place.to}.'
        ),
        'At the market, {hero} bought {food.a} with {hero.his} last coin.',
    )
    meets = story.one(
        '(There sat|On a stone sat|By the road sat) {friend.known}, who looked (thin|pale|sad) and (tired|hungry).',
        'Then {hero.he} met {friend.known}. {friend.s} stomach rumbled (loudly|).',
        COMES,
    )
    asks = story.one(
        '"I have not eaten (since yesterday|all day)," said {friend} (quietly|softly|).',
        '"That smells (so|) good," said {friend} (shyly|quietly|). "I am (so|very) hungry."',
        '"Are you hungry?" asked {hero}. {friend} (nodded|looked at the ground). "Very," {friend.he} (said|whispered).',
    )
    thinks = story.maybe(
        0.6,
        '{hero} looked at {food.the}. It was not very big. {hero.he} was hungry too.',
        '{hero} thought for a moment. There was not much.',
        '{hero} was hungry as well. But {friend} was hungrier.',
    )
    shares = story.one(
        '"(Come|Here|Sit down)," said {hero}, "we will share." And {hero.he} gave {friend} (half|the bigger half) of'
        ' {food.the}.',
        'So {hero} gave {friend.him} (half|the bigger half) of {food.the}, and they ate (together|side by side).',
        '"Take it," said {hero}, and {hero.he} gave {friend} (all of it|half of it|the bigger half).',
    )
    taste = story.one(
        'Nothing had ever tasted so good.',
        'It tasted twice as good(, because they ate it together|).',
        'They ate every (last|) crumb.',
        '"That was the best meal of my life," said {friend}.',
    )
    later = story.maybe(
        0.7,
        'A week later, {hero} (found|saw) a basket (at|in front of) {hero.his} door. It was full of'
        ' (berries|nuts|apples|plums). "For {hero}, from {friend}," it said.',
        'When winter came and {hero} had (nothing|little) to eat, {friend} came with (a big pot of soup|a bag of'
        ' nuts|fresh bread).',
        'Then {friend} showed {hero} a (secret|hidden) place where the sweetest (berries|strawberries|nuts) grew.',
        'Some days later, {hero} fell into a (ditch|hole), and who came to pull {hero.him} out? It was {friend}.',
    )
    return story.tell(
        [*opening(story), has],
        [meets, asks, thinks, shares, taste],
        [later or THANKS, ending(story)],
        friend=friend,
        food=food,
        place=place,
    )


def shelter(story):
    weather = story.pick(['rain', 'snow', 'storm'])
    story.set_weather('snowy' if weather == 'snow' else 'rainy')
    friend, food = story.character(), story.food()
    evening = story.one(
        'One evening, {a_storm} came over the hills. {hero} sat (by the fire|in {hero.his} warm home) and listened to'
        ' the wind.',
        'In the evening, {the_storm} grew (stronger|wilder). {hero} was glad to be (at home|warm and dry).',
    )
    knock = story.one(
        'Suddenly there was a knock at the door. "(Who is there|Who can that be)?" asked {hero}.',
        'Knock, knock, knock! "Who is there?" called {hero}.',
        'Then {hero.he} heard a (tiny|weak|small) voice. "(Please let me in!|Is anybody home?)"',
    )
    stands = story.one(
        'It was {friend.known}, (wet and cold|cold and tired|shaking with cold). "{the_storm} took the roof of my'
        ' home," {friend.he} said.',
        '{friend.known} stood there, {wet} from head to (foot|toe). "I have lost my way in {the_storm}," {friend.he}'
        ' said.',
        'Outside stood {friend.known}, trembling. "May I stay (here|with you) until {the_storm} is over?" {friend.he}'
        ' asked.',
    )
    lets = story.one(
        '"Come in, come in!" said {hero} at once. {hero.he} gave {friend.him} a (warm|dry|soft) blanket and (a cup of'
        ' tea|hot soup|{food.a}).',
        '"Of course!" said {hero}. {hero.he} put more wood on the fire and gave {friend} {food.a}.',
        '{hero.s} home was very small. "But there is always room for (one more|a friend)," said {hero}, and {hero.he}'
        ' let {friend.him} in.',
    )
    inside = story.one(
        'Outside the wind howled, but inside it was warm.',
        'They told each other stories (and forgot {the_storm}|all night).',
        '{friend} soon stopped trembling and fell asleep (by the fire|in the best chair).',
        'They sang songs, louder than the wind.',
    )
    morning = story.one(
        'In the morning {the_storm} was over, and everything (shone|sparkled|was still). {hero} went with {friend} and'
        ' helped {friend.him} (mend {friend.his} roof|find the way|build a new home).',
        'By morning, the sky was (clear|blue) again. "(I will never forget this|You saved me|Thank you for'
        ' everything)," said {friend}.',
        'In the morning the sun came out. "Stay (as long as you like|for breakfast)," said {hero}, and {friend} did.',
    )
    the_storm = f'the {weather}'
    return story.tell(
        [who(story), evening],
        [knock, stands, lets, inside],
        [morning, story.maybe(0.7, FRIENDS)],
        friend=friend,
        food=food,
        the_storm=the_storm,
        a_storm=story.pick(['a heavy', 'a wild', 'a sudden'])
        + ' '
        + {'rain': 'rain', 'snow': 'snowstorm', 'storm': 'storm'}[weather],
        wet='white with snow' if weather == 'snow' else 'wet',
    )


def birthday(story):
    friend = story.character()
    gift = story.thing(story.pick(['gift', 'gift', 'toy']))
    material = story.one(
        'old wood', 'bits of string and paper', 'things that {hero.he} had found', 'soft wool', 'leaves and flowers'
    )
    soon = story.one(
        'Soon it would be the birthday of {hero.his} friend, {friend.known}.',
        'Tomorrow was the birthday of {friend.known}, {hero.his} best friend.',
        '{hero} had a good friend, {friend.known}. (Soon|On Sunday) it would be {friend.s} birthday.',
    )
    want = story.one(
        '{hero} wanted to give {friend.him} something (special|really nice), but {hero.he} had no money.',
        '"What can I give {friend.him}?" {hero} (wondered|asked {hero.himself}). {hero.his} purse was empty.',
        '{hero} looked at all the (pretty|fine) things at the market. They cost far too much.',
    )
    idea = story.one(
        'Then {hero.he} had an idea. "I will make a present myself!"',
        '{hero} thought and thought. (At last|Then) {hero.he} knew: {hero.he} would make {gift.a}!',
    )
    making = story.one(
        'All (day|night|afternoon) {hero.he} worked. {hero.he} cut and glued and (painted|sewed), and at last there was'
        ' {gift.a}.',
        f'From {material}, {{hero.he}} made {{gift.a}}. It took (a long time|many hours), and {{hero.he}} (hummed|sang)'
        ' all the while.',
        '{hero.he} began at once. The first try (broke|fell apart), and the second looked (funny|strange). The third'
        ' was {gift.a}, (nearly|almost) perfect.',
    )
    party = story.one(
        'At the party, {hero} was (nervous|shy). "It is (only|just) a small present," {hero.he} said.',
        '"Happy birthday!" said {hero}, and {hero.he} gave {friend} the (present|little parcel).',
        '{hero} knocked at {friend.s} door. "Happy birthday, {friend}!" {hero.he} (sang|called).',
    )
    opens = story.one(
        '{friend} opened it, and {friend.his} eyes grew wide. "{gift.a}! (Did you make it yourself|You made it for'
        ' me)?"',
        '{friend} looked at {gift.the} for a long time. Then {friend.he} smiled. "This is the best present of all,"'
        ' {friend.he} said.',
        '"{gift.a}!" cried {friend}. "I have always wanted one!" And {friend.he} hugged {hero}.',
    )
    last = story.one(
        'The (best|nicest) presents are made with love.',
        '{friend} took {gift.the} along wherever {friend.he} went.',
        'They ate cake and danced until (late|the candles went out).',
        '{friend} (never|did not) let go of {gift.the} all day.',
        '{hero} felt warm (inside|all over). Making {friend} happy was the best feeling (of all|in the world).',
    )
    return story.tell(
        [who(story), soon, want],
        [idea, making],
        [party, opens, last, story.maybe(0.4, NIGHT, TOGETHER)],
        friend=friend,
        gift=gift,
    )


def work(story):
    boss, friend, thing = story.adult(), story.character(), story.thing(story.pick(['toy', 'gift', 'wear']))
    task, done = story.pick(
        [
            ('sweep the floor', 'the floor was shining'),
            ('carry the sacks', 'all the sacks were in the shed'),
            ('pick the apples', 'every basket was full'),
            ('paint the fence', 'the fence was as white as snow'),
            ('wash the windows', 'the windows sparkled in the sun'),
            ('feed the hens', 'the hens were full and happy'),
            ('find the lost sheep', 'the sheep was back in the field'),
            ('chop the vegetables', 'a big soup was cooking on the stove'),
            ('mend the nets', 'there was not one hole left'),
            ('water the flowers', 'the flowers stood tall and fresh'),
            ('bring the letters to every house', 'the bag was empty'),
            ('stack the wood', 'the wood was stacked up to the roof'),
        ]
    )
    need = story.one(
        '{boss} had hurt {boss.his} (leg|arm|back) and could not work.',
        '{boss} had so much to do that {boss.he} did not know where to begin.',
        '{boss} was (old|ill) and needed help.',
    )
    offers = story.one(
        '"Who will (help me|do my work)?" (sighed|asked) {boss}. "I will!" said {hero}.',
        '{hero} saw it and went to {boss}. "(May|Can) I help (you|)?" {hero.he} asked.',
        '{hero} knocked at the door. "I would like to help," {hero.he} said.',
    )
    asks = story.one(
        '"You could {task}," said {boss}.',
        '"Please {task}," said {boss}.',
        '{boss} was glad. "Can you {task}?" {boss.he} asked.',
    )
    hard = story.one(
        'It was hard work, and the day was long. But {hero} (did not give up|sang a song and went on).',
        '{hero} worked (all day|from morning till evening) and hardly rested.',
        'Soon {hero} was tired. Then {friend.known} came by. "Two are faster than one," {friend.he} said, and they'
        ' worked together.',
        'At first everything went wrong, but {friend.known} showed {hero} how to do it.',
    )
    if '{friend' not in hard:
        hard += ' ' + story.one(
            '{friend.known} brought {hero.him} (water|something to drink|a sandwich) at noon.',
            '"You work so hard!" said {friend.known}, who was (watching|passing by).',
        )
    pay = story.one(
        'In the evening {done}. "Well done!" said {boss}, and {boss.he} gave {hero} {thing.a}.',
        'When {done}, {boss} smiled. "You have earned this," {boss.he} said. It was {thing.a}!',
        'At last {done}. {boss} could hardly believe it. As thanks, {hero} got {thing.a}.',
    )
    last = story.one(
        '{hero} (ran home|skipped home) with {thing.the} and showed it to (everybody|everyone).',
        '{hero} thought of {friend} and gave {thing.the} to {friend.him}. {friend} was (speechless|overjoyed).',
        f'{GLAD} {{hero.he}} had never been so proud.',
        '"Will you come again tomorrow?" asked {boss}. "(With pleasure|Gladly|Of course)!" said {hero}.',
    )
    return story.tell(
        [*opening(story), need, offers],
        [asks, hard],
        [pay, last, NIGHT],
        boss=boss,
        friend=friend,
        thing=thing,
        task=task,
        done=done,
    )
