"""Fear, loneliness, quarrels, lies, illness and sleepless nights, and how they pass."""

from ..openings import opening, who
from .common import COMES, FRIENDS, MATTER, NIGHT, TOGETHER, ending

# what the hero fears, what must be done, how the friend helps, how it turns out
FEARS = [
    (
        'the dark',
        'fetch a bucket of water after sunset',
        (
            '"The dark is only the day with its eyes closed," said {friend}. "Listen, and you will hear friends'
            ' everywhere."'
        ),
        '{hero} listened. A cricket was singing, and an owl called softly. The dark was full of (music|friends).',
    ),
    (
        'thunder',
        'walk home in the storm',
        '"Count with me," said {friend}. "After every flash we count, and then we clap as loudly as the thunder."',
        (
            'Flash! They counted to five, and boom went the sky, and boom went {hero} and {friend}. It was (almost|) a'
            ' game.'
        ),
    ),
    (
        'deep water',
        'cross the river',
        '"Hold on to me," said {friend}. "We will go one step at a time, from stone to stone."',
        'One stone, two stones, three stones, and {hero} stood on the other bank.',
    ),
    (
        'the high bridge',
        'cross the bridge to reach the market',
        '"Do not look down," said {friend}. "Look at me, and tell me about your favourite cake."',
        '{hero} talked and talked about cake, and suddenly the bridge was behind {hero.him}.',
    ),
    (
        'the first day of school',
        'go to school',
        '"I was afraid too," said {friend}, "until I found somebody to sit next to. Will you sit next to me?"',
        (
            'They sat side by side and learned (a new song|to count to ten|the letter A), and the day was over much too'
            ' soon.'
        ),
    ),
    (
        'singing in front of others',
        'sing at the summer party',
        (
            '"Sing it to me first," said {friend}. "Then sing it to me again at the party. The others are (only|just)'
            ' trees."'
        ),
        (
            '{hero} looked (only|just) at {friend} and began. {hero.his} voice shook a little, then it grew strong, and'
            ' everybody clapped.'
        ),
    ),
    (
        'the big dog by the gate',
        'walk past the gate',
        '"He barks because he is bored," said {friend}. "Let us say good morning to him."',
        '"Good morning," whispered {hero}. The dog stopped barking and wagged his tail.',
    ),
    (
        'climbing high',
        'pick the last apples from the tree',
        '"I will stand right below you," said {friend}. "One branch, then a rest, then one more branch."',
        'Branch by branch, {hero} climbed up. From the top {hero.he} could see the whole valley, and it was beautiful.',
    ),
]


def afraid(story):
    fear, task, advice, result = story.pick(FEARS)
    friend = story.character()
    tells = story.one(
        'There was only one thing that {hero} was afraid of: {fear}.',
        '{hero} was (very|terribly) afraid of {fear}. Nobody knew it.',
        'But {hero} had a secret. {hero.he} was afraid of {fear}.',
    )
    must = story.one(
        'One day, {hero} had to {task}.',
        'And (today|now) {hero.he} had to {task}!',
        'Then the day came when {hero.he} had to {task}.',
    )
    feels = story.one(
        '{hero.his} knees (shook|trembled). {hero.his} mouth was dry.',
        '{hero} wanted to run away and hide.',
        '{hero.he} took one step, and then {hero.he} stopped. {hero.he} could not do it.',
        '"I cannot do it," {hero.he} whispered.',
    )
    says = story.one(
        '"I am afraid of {fear}," said {hero}.',
        '{hero} told {friend} everything. {friend} did not laugh.',
        '"Please do not laugh," said {hero}. "I am afraid of {fear}." {friend} did not laugh.',
    )
    proud = story.one(
        '"I did it!" (cried|shouted) {hero}.',
        '"You see?" said {friend}. "You are (braver|stronger) than you think."',
        '{hero} was so proud that {hero.he} wanted to do it again at once.',
        '"(Being brave|To be brave) means to be afraid and to do it all the same," said {friend}.',
    )
    last = story.maybe(
        0.7,
        'And {hero} was never afraid of {fear} again.',
        'After that, {fear} was not so bad any more.',
        '{hero} is still a little afraid of {fear}, but now {hero.he} knows what to do.',
    )
    return story.tell(
        [who(story), tells, must],
        [feels, COMES, story.maybe(0.5, MATTER), says, advice],
        [result, proud, last, ending(story) if story.chance(0.6) else ''],
        friend=friend,
        fear=fear,
        task=task,
    )


def lonely(story):
    friend, place = story.character(), story.place('wild')
    was = story.one(
        '{hero} had just moved to the valley and (knew nobody|had no friends yet).',
        'But {hero} had nobody to play with.',
        '{hero} was (often|always) alone, and the days were long.',
    )
    wish = story.one(
        '"I wish I had a friend," {hero.he} (sighed|said to the moon|said to the wind).',
        'Every evening {hero.he} looked at the (stars|moon) and wished for a friend.',
        '{hero.he} talked to the (trees|stones|clouds), but they did not answer.',
    )
    tries = story.one(
        'So {hero} wrote a note, folded it into a little boat and put it on the stream. "Will you be my friend?" it'
        ' said.',
        'One day, {hero} saw {friend.known} {place.at}. {hero} wanted to say hello, but {hero.he} was too shy and hid'
        ' behind a tree.',
        'One day, {hero} sat {place.at} and played a (sad|quiet|slow) tune on a leaf. From the other side came the same'
        ' tune, a little (slower|higher).',
        'So {hero} baked (cookies|a cake), sat down {place.at} and waited for somebody to come by.',
    )
    comes = (
        story.one(
            'Then {friend.known} stood there. "(Hello|Good morning)," said {friend}, "I am looking for a friend too."',
            'After a while {friend.known} came (out of the trees|around the corner). "Was that you?" {friend.he}'
            ' asked.',
            '"Hello!" said a voice. It was {friend.known}. "I am new here. Do you want to play?"',
        )
        if '{friend' not in tries
        else story.one(
            '"I can see your (ears|feet|nose)," said {friend}, and laughed kindly. "Come out! Do you want to play?"',
            'But {friend} had seen {hero.him} too. "Hello," {friend.he} said. "I was too shy to speak first."',
        )
    )
    play = story.one(
        'They played {place.at} until the sun went down.',
        'They built a (little house|dam|castle) {place.at} and ate berries.',
        'They found out that they both loved {thing}.',
        'They talked about everything under the sun.',
    )
    last = story.one(
        '"Will you come again tomorrow?" asked {hero}. "Tomorrow, and the day after," said {friend}.',
        '"I am glad that I found you," said {friend}. "I am glad too," said {hero}.',
        '{hero} went home and did not feel alone any more.',
    )
    return story.tell(
        [*opening(story), was, wish],
        [tries, comes],
        [play, last, story.maybe(0.6, FRIENDS)],
        friend=friend,
        place=place,
        thing=story.hero.loves,
    )


def quarrel(story):
    friend, thing = story.character(), story.thing(story.pick(['toy', 'tool', 'wear']))
    friends = story.one(
        '{hero} and {friend.known} were (best|good|old) friends.',
        '{hero.his} best friend was {friend.known}. They did everything together.',
    )
    find = story.one(
        'One day, they found {thing.a} (in the grass|by the road|on the beach). "It is mine!" said {hero}. "I saw it'
        ' first!" "No, it is mine!" said {friend}.',
        'One day, both wanted to (have|use) the same {thing.whole}. "Me first!" (cried|shouted) {hero}. "No, me!"'
        ' (cried|shouted) {friend}.',
        'But one day {friend} took {hero.s} {thing.whole} without asking. "Give it back!" said {hero}. "You never'
        ' share!" said {friend}.',
    )
    pull = story.maybe(
        0.6,
        '{hero} pulled, and {friend} pulled, and (rip|crack)! {thing.the} was broken.',
        'They (shouted|argued) until (they were hoarse|the birds flew away).',
        'They said things that they did not mean.',
    )
    part = story.one(
        '{hero} ran home, and {friend} ran home. Neither said goodbye.',
        '"I will never play with you again!" said {hero}, and (went|walked) away.',
        'Each of them went home, angry and alone.',
    )
    sad = story.one(
        'But at home {hero} could not be happy. Everything reminded {hero.him} of {friend}.',
        'That (evening|night) {hero} could not sleep. What was {thing.a} without a friend?',
        'The next day was (very|so) long. There was nobody to laugh with.',
        '{hero} sat by the window. {hero.he} was not angry any more, only sad.',
    )
    sorry = story.one(
        'In the morning {hero} went to {friend.s} home. {friend} was already on the way to {hero}. "I am sorry," they'
        ' both said at the same time.',
        'So {hero} took all {hero.his} courage and knocked at {friend.s} door. "I am sorry," {hero.he} said. "I am'
        ' sorry too," said {friend}.',
        'Then {hero} wrote a letter: "Dear {friend}, I am sorry. You are more important than {thing.a}." {friend} came'
        ' at once.',
    )
    solve = story.one(
        '"You can have it (on Mondays, and I can have it on Tuesdays|today, and I can have it tomorrow|in the morning,'
        ' and I can have it in the evening)," said {friend}.',
        'They mended {thing.the} together and took turns.' if 'broken' in pull else 'From then on, they took turns.',
        'They gave {thing.the} to a (small child|neighbour) who had none, and went to play.',
        '"Let us use it together," said {hero}, and that was (much|) more fun.',
    )
    last = story.one(
        'A friend is worth more than anything.',
        'They never quarrelled like that again.',
        'And they laughed about their silly quarrel.',
        TOGETHER,
    )
    return story.tell([who(story), friends, find], [pull, part, sad], [sorry, solve, last], friend=friend, thing=thing)


def truth(story):
    owner, friend, thing = story.adult(), story.character(), story.thing('break')
    place = story.one('in the house of {owner}', '{owner.place}')
    breaks = story.one(
        f'{{hero}} was playing {place} when {{hero.he}} bumped into the table. Crash! {{thing.the}} fell and broke.',
        f'{{hero}} was alone {place}. {{hero.he}} wanted to see {{thing.the}} of {{owner}} up close, but it slipped,'
        ' and crash, it (broke|was broken).',
        f'One day, {{hero}} ran too fast {place} and knocked over {{thing.the}}. It broke into (three|four|five|many)'
        ' pieces.',
    )
    hide = story.one(
        '{hero} was frightened. Quickly {hero.he} hid the pieces (under a rug|behind a cupboard|in a bush) and ran'
        ' away.',
        'Nobody had seen it. {hero} (ran home|tiptoed away) and said nothing.',
        '"Oh no," thought {hero}. "{owner} will be so angry!" And {hero.he} ran home.',
    )
    feels = story.one(
        'But {hero} could not eat and could not sleep. The secret was as heavy as a stone.',
        'All night {hero.he} thought of {thing.the}.',
        'The next day {owner} asked everybody about {thing.the}, and {hero.s} ears grew hot.',
    )
    advice = story.one(
        '{hero} told {friend.known} about it. "The truth is hard for a minute," said {friend}, "but a lie is hard'
        ' (every day|for ever)."',
        '"You look (pale|unhappy)," said {friend.known}. {hero} told {friend.him} everything. "Tell {owner}," said'
        ' {friend}. "I will come with you."',
        'Then {hero.he} met {friend.known}. "When I did something wrong," said {friend}, "I felt better only after I'
        ' had told the truth."',
    )
    tells = story.one(
        'So {hero} went to {owner}. "It was me," {hero.he} said. "I broke {thing.the}, and I am sorry."',
        '{hero.s} heart beat fast when {hero.he} stood before {owner}. "I broke {thing.the}," {hero.he} said'
        ' (quietly|in a small voice).',
    )
    answer = story.one(
        '{owner} was silent for a moment. Then {owner.he} smiled. "Thank you for telling me. That was brave."',
        '"{thing.a} can be mended," said {owner}. "(But trust is much harder to mend|Trust cannot be glued)."',
        '"I am a little sad about it," said {owner}, "but I am glad that you told me."',
    )
    mend = story.one(
        'Together they glued the pieces, and {thing.the} was almost like new.',
        '{hero} helped {owner} for a whole week, and they became good friends.',
        '{hero} and {friend} made a new one, and it was even more beautiful.',
        'They mended it together. One could still see the cracks, but {owner} said that they were {owner.his} favourite'
        ' part.',
    )
    last = story.one(
        '{hero} felt as light as a feather.',
        'That night, {hero} slept well again.',
        'And {hero} always told the truth after that.',
        'The heavy stone was gone.' if 'stone' in feels else '{hero} skipped all the way home.',
    )
    return story.tell(
        [*opening(story), breaks],
        [hide, feels, advice],
        [tells, answer, mend, last],
        owner=owner,
        friend=friend,
        thing=thing,
    )


def sick(story):
    friend, food, place = story.character(), story.food(), story.place('wild')
    friends = story.one(
        '{hero} often played with {hero.his} friend, {friend.known}.',
        'Every day {hero} met {hero.his} friend, {friend.known}.',
    )
    missing = story.one(
        'But one day {friend} did not come. {hero} waited {place.at} all (morning|afternoon).',
        'One morning {friend} was not {place.at}, and {hero} (wondered why|was worried).',
    )
    visit = story.one(
        '{hero} went to {friend.s} home. {friend} was in bed with a (fever|cold|bad cough). "I feel (weak|awful),"'
        ' {friend.he} said.',
        'So {hero} ran to {friend.s} home. There lay {friend}, hot and (tired|weak), under three blankets.',
    )
    help_ = story.one(
        '{hero} cooked a (big|) pot of soup, with carrots and a little bit of love.',
        '"I will look after you," said {hero}. {hero.he} brought {friend} {food.a} and a cup of tea.',
        '{hero} (asked the doctor for|fetched) medicine and put a cool cloth on {friend.s} head.',
        '{hero} picked flowers {place.at} and put them next to the bed.',
    )
    story_ = story.one(
        'Then {hero.he} told a long story about a (flying|talking|dancing) (cloud|teapot|pumpkin), and {friend} laughed'
        ' for the first time.',
        'All night {hero.he} sat by the bed and (sang|hummed) softly.',
        '{hero.he} sang every song {hero.he} knew, and {friend} fell asleep.',
        '{hero.he} came every day and told {friend} what had happened outside.',
    )
    well = story.one(
        '(After|In) three days {friend} was (well|healthy) again.',
        'The next morning the fever was gone, and {friend} was hungry. That was a good sign.',
        'Soon {friend} could get up, and a week later {friend.he} was running {place.to}.',
    )
    thanks = story.one(
        '"You are the best doctor (in the world|of all)," {friend} said.',
        '"Thank you, {hero}," said {friend}. "You made me well."',
        '"When you are ill, I will cook for you," {friend} promised.',
        'And when {hero} caught the cold as well, {friend} came with (soup|tea and honey).',
    )
    return story.tell(
        [who(story), friends, missing],
        [visit, help_, story_],
        [well, thanks, story.maybe(0.7, NIGHT)],
        friend=friend,
        food=food,
        place=place,
    )


def sleepless(story):
    friend = story.character()
    cannot = story.one(
        'One night, {hero} could not sleep.',
        'It was late, and everybody was asleep. Only {hero} was (still|wide) awake.',
        'The moon was high, but {hero} (lay|was) awake.',
    )
    why = story.one(
        'The bed was too (warm|hard|soft).',
        '{hero.he} was thinking of a thousand things.',
        'The wind (whistled|rattled) at the window.',
        '{hero.he} turned to the left and to the right.',
    )
    tries = story.one(
        '{hero.he} counted (sheep|clouds|stars). At a hundred {hero.he} was more awake than before.',
        '{hero.he} drank a glass of (milk|water). It did not help.',
        '{hero.he} hummed a (slow|quiet) song. It did not help.',
    )
    goes = story.one(
        'So {hero.he} went outside. There sat {friend.known}, looking at the stars.',
        'Then {hero.he} saw a light. It was {friend.known}, who could not sleep either.',
        '{hero.he} opened the window, and there was {friend.known}. "You too?" asked {friend}.',
    )
    advice = story.one(
        '"I always think of the nicest thing of the day," said {friend}. "What was yours?"',
        '"Let us listen," said {friend}. "The (night|valley) sings, if you are very quiet."',
        '"Every star has a name," said {friend}. "That one is called {star}." They gave names to all the others.',
        '"When I cannot sleep, I tell a story that has no end," said {friend}.',
    )
    does = story.one(
        '{hero} thought. There was the (sunshine|warm bread), the (game|song) and the (laughing|walk home). It had been'
        ' a good day.',
        'They heard the river, the frogs and the wind in the leaves.',
        'They talked (softly|in whispers), slower and slower.',
        'The grass was soft, and the air was cool and sweet.',
    )
    sleeps = story.one(
        '{hero} yawned. {hero.his} eyes grew heavy.',
        '"And then," said {friend}, but {hero} did not hear it any more. {hero.he} was asleep.',
        'Soon {hero} was back in bed, and {hero.he} slept before {hero.he} could count to three.',
        '{hero.s} head sank down on {friend.s} shoulder.',
    )
    last = story.one(
        'Good night, {hero}.',
        'In the morning {hero.he} remembered only a (wonderful|beautiful) dream.',
        'The moon smiled and watched over them both.',
        'And the whole valley was still.',
        '"Sleep well," (whispered|said) {friend}.',
    )
    return story.tell(
        [who(story), cannot, why],
        [tries, goes, advice],
        [does, sleeps, last],
        friend=friend,
        star=story.pick(['Little Lamp', 'Silver Nose', 'Grandmother', 'the Blue Button', 'the Dancer', 'the Old Shoe']),
    )
