"""Sentences that many plots share. {hero} and {friend} are in every cast."""

COMES = (
    '(Just then|Soon|After a while|At that moment), {friend.known} came (by|along|past)(|, (humming a (little|merry)'
    ' song|on the way home|with a basket)).|{friend.known} (heard {hero.him} and came|saw {hero.him} and stopped|was'
    ' (walking|resting) nearby and came closer).|Then {hero.he} heard (steps|a voice|somebody singing). It was'
    ' {friend.known}.|Luckily, {friend.known} was not far away.|And who came (by|along|around the corner)?'
    ' {friend.known}!'
)
COMES = f'({COMES})'

SAD = (
    '({hero} was (very|so|terribly) sad.|{hero} felt (very|so) sad.|(Tears|Big tears) ran down {hero.s} face.|'
    '{hero} (sat down and|) began to cry.|{hero.s} heart was heavy.|{hero} did not know what to do.|'
    '{hero} let {hero.his} head hang.|"(Oh dear!|Oh no!|What now?)" (sighed|whispered|said) {hero}.)'
)

MATTER = (
    '("(What is the matter|What is wrong|Why are you so sad|What happened|Why are you crying), (dear|little)'
    ' {hero.kind}?" (asked {friend}|{friend} asked|asked the {friend.kind}).|"(You look sad|What a sad face|Oh dear),'
    ' {hero}," said (the {friend.kind}|{friend}). "(What happened|What is the matter)?")'
)

THANKS = (
    '("Thank you, {friend}!" (said|cried) {hero}.|"Thank you(, thank you| so much| very much)!" (said|cried)'
    ' {hero}.|{hero} (thanked {friend} again and again|thanked {friend} with all {hero.his} heart).|{hero} hugged'
    ' {friend} and said, "Thank you(| so much)!"|"You are (a true friend|so kind|wonderful), {friend}!" (said|cried)'
    ' {hero}.|"How can I ever thank you?" asked {hero}.|"What would I do without you?" said {hero} to {friend}.)'
)

WELCOME = (
    '("(That is what friends are for|You are welcome|It was nothing|I was glad to help|Any time)," (said|answered)'
    ' ({friend}|the {friend.kind}) (with a smile|kindly|).|{friend} (only|just) smiled.|{friend} was (happy|glad|proud)'
    ' too.)'
)

GLAD = (
    '({hero} was so (happy|glad) that {hero.he} (danced in a circle|jumped for joy|laughed out loud|began to sing).|'
    '{hero} was (very|so) happy.|{hero} (smiled from ear to ear|laughed with joy).)'
)

FRIENDS = (
    '(From that day on, {hero} and {friend} were (best|very good|the best of) friends.|After that, {hero} and {friend}'
    ' (played together|met|saw each other) (almost|) every day.|And {hero} was never (lonely|alone) again.|(And so|That'
    ' is how) {hero} and {friend} became (best|good) friends.|They promised to meet again, and they did.|{hero} had'
    ' found a friend (for life|in {friend}).|Whenever {hero} needed help, {friend} was there, and {hero} was there for'
    ' {friend}.|{hero} and {friend} are (still|) friends (to this day|even today).)'
)

NIGHT = (
    '(That night, {hero} (fell asleep with a smile|slept (very|) well|dreamed (a sweet dream|of new adventures)).|In'
    ' the evening, {hero} went (home|to bed), tired (but|and) happy.|When the moon came up, {hero} was already fast'
    ' asleep.|It was the best day of the (whole|) {season}.|{hero} (smiled|laughed) when {hero.he} thought of it, (even'
    ' years later|all week long).|The stars (twinkled|shone), and {hero} closed {hero.his} eyes.|And that is the end of'
    ' the story.|And {hero} thought, "What a (wonderful|lovely|good) day!")'
)

HAPPY = '(And they all lived happily ever after.|And they lived happily.)'

TOGETHER = (
    '(Then they (walked home|went home) together.|They sat (together|side by side) and watched the (sun go down|stars'
    ' come out).|They (laughed and|) talked until (the moon came up|it was dark).)'
)


def ending(story, met=True):
    """The last sentences; `met` says that the friend was new to the hero."""
    old = [NIGHT, TOGETHER, f'{TOGETHER} {NIGHT}', HAPPY, f'{TOGETHER} {HAPPY}']
    return story.pick(
        [FRIENDS, FRIENDS, f'{FRIENDS} {NIGHT}', f'{TOGETHER} {FRIENDS}', f'{FRIENDS} {HAPPY}', NIGHT] if met else old
    )
