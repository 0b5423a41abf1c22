"""How stories begin: who the hero is and what kind of day it is."""

# Whole introductions. {hero.full} is "Mia the fox", or "Mia" alone for a child.
WHO = [
    (
        'Once upon a time(,|) there (was|lived) {hero.a_trait} (named|called) {hero}. {hero} lived {hero.home}(| and'
        ' loved {hero.loves}).'
    ),
    'Once upon a time, {hero.a_trait} (named|called) {hero} lived {hero.home}.',
    'Once upon a time there was {hero.a} (named|called) {hero} who loved {hero.loves}.',
    'There once was {hero.a_trait} (named|called) {hero}, who lived {hero.home}.',
    (
        'Long ago, {hero.a_trait} (named|called) {hero} lived {hero.home}. {hero.he} loved {hero.loves} (|very'
        ' much|more than anything).'
    ),
    '{hero} was {hero.a_trait} who lived {hero.home}. {hero.he} loved {hero.loves}.',
    '{hero} was {hero.a_trait}. (More than anything, {hero.he} loved|{hero.he} loved) {hero.loves}.',
    (
        '{hero.a} (named|called) {hero} lived {hero.home}. Everybody (in the valley|there) knew {hero.him}, because'
        ' {hero.he} was so {hero.trait}.'
    ),
    (
        'In (a|the) (green|quiet|wide) valley (there|) lived {hero.a_trait} (named|called) {hero}. {hero.he} loved'
        ' {hero.loves}.'
    ),
    (
        'The (little|young|) {hero.kind} was called {hero}, and {hero.he} lived {hero.home}. {hero.he} was a (very|)'
        ' {hero.trait} {hero.young}.'
    ),
    'This is the story of {hero}, {hero.a_trait} who lived {hero.home}.',
    'There was (once|) {hero.a} (named|called) {hero}, who loved {hero.loves}.',
    (
        '(Once upon a time there|There once) was {hero.a} who lived {hero.home}. {hero.his} name was {hero}(|, and'
        ' {hero.he} loved {hero.loves}).'
    ),
    'There was {hero.a} who loved {hero.loves}. {hero.his} name was {hero}.',
    'Far away, behind the (seven|blue|high) hills, {hero.a_trait} (named|called) {hero} lived {hero.home}.',
    (
        'Many years ago, there (was|lived) {hero.a} (named|called) {hero}. (Nobody was as {hero.trait} as {hero.he}'
        ' was.|{hero.he} loved {hero.loves}.)'
    ),
    'Not far from here lives {hero.a_trait} (named|called) {hero}. {hero.he} loves {hero.loves}.',
    'Do you know {hero.full}? {hero.he} (lives|has a home) {hero.home}, and {hero.he} loves {hero.loves}.',
]
# For those with the kind in the name ("Mia the fox"); children take WHO and the days instead.
ANIMAL_WHO = [
    (
        '{hero.full} lived {hero.home}. {hero.he} was (very|always|rather|) {hero.trait}(|, and {hero.he} loved'
        ' {hero.loves}).'
    ),
    '{hero.full} loved {hero.loves}. {hero.he} lived {hero.home}.',
    (
        '{hero.full} was known (everywhere|in the whole valley|far and wide) as a very {hero.trait} {hero.kind}.'
        ' {hero.he} lived {hero.home}.'
    ),
    'Once upon a time, {hero.full} lived {hero.home}. {hero.he} loved {hero.loves}.',
    (
        'Everybody in the valley knew {hero.full}. {hero.he} lived {hero.home} and (was always {hero.trait}|loved'
        ' {hero.loves}).'
    ),
]

# Moments that lead into the first event; the plot goes on after them.
DAY = [
    'One {day} {season} (morning|day|afternoon), {sky}.',
    'It was a {day} {season} (morning|day), and {sky}.',
    'One (morning|day|afternoon), {sky}.',
    'It was (a {day} day in {season}|{season}, and {sky}).',
    'That {season}, on a {day} (morning|day), {sky}.',
    '',
]


# Who and when in one.
BOTH = [
    (
        '(The|A) (little|young|) {hero.kind} was (sad|happy|bored|tired|cross) because (it was {season} and'
        ' {sky}|{sky}|nothing ever happened|it was Monday). {hero.his} name was {hero}.'
    ),
    'The (little|young|) {hero.kind} lived {hero.home}. {hero.his} name was {hero}, and {hero.he} loved {hero.loves}.',
    (
        '"(Hello|Good day)! My name is {hero}," said the (little|young|) {hero.kind} to everybody {hero.he} met.'
        ' {hero.he} lived {hero.home}.'
    ),
    '{hero} woke up. It was {season}, and {sky}. "What a {day} (day|morning)!" said the (little|young|) {hero.kind}.',
    (
        '{hero} looked out (into the world|at the sky): {sky}. (It was a good day to be {hero.a}.|{hero} was {hero.a},'
        ' and {hero.he} loved {hero.loves}.)'
    ),
    (
        'In the (forest|village|valley|mountains) it was {season}, and {sky}. {hero.known} was (awake|outside|singing)'
        ' already.'
    ),
    (
        'When the (sun came up|day began), {hero.known} was already (outside|awake|at work). {hero.he} was (a|such a)'
        ' {hero.trait} {hero.young}.'
    ),
    (
        'One {day} {season} (morning|day|afternoon), {hero.known} (went for a walk|was on the way to the market|looked'
        ' up at the sky|sat in the grass).'
    ),
    (
        'One (morning|day), {hero.known} (woke up early|was in a very good mood|had nothing to do). {hero.he} lived'
        ' {hero.home}.'
    ),
    'It was {season}. {hero.known} (was out and about|had been up since sunrise), for {sky}.',
    'It was a {day} (morning|day), and {hero.known} (opened the door|came out of the house|looked around). {sky}.',
    (
        '"Good morning, (sun|world|trees)!" said {hero.known}. {hero.he} said it every morning, because {hero.he} was'
        ' (a|such a) {hero.trait} {hero.young}.'
    ),
    '"What shall I do today?" asked {hero.known}. {hero.he} loved {hero.loves}, but {hero.he} had done that yesterday.',
    (
        'Every (morning|day), {hero.known} went (for a walk|out to look at the sky). {hero.he} lived {hero.home}, and'
        ' {hero.he} loved {hero.loves}.'
    ),
    'In {season}, when {sky}, {hero.known} was always outside.',
    (
        'On a {day} {season} (morning|day), {hero.known} was on the way home. {hero.he} was (a|such a) {hero.trait}'
        ' {hero.young}.'
    ),
]


def who(story):
    """Introduces the hero and leaves the time to the plot."""
    return story.pick(WHO if story.hero.person or story.chance(0.6) else ANIMAL_WHO)


def opening(story):
    """Who and when, in one of many orders."""
    if story.chance(0.3):
        return [story.pick(BOTH)]
    return [who(story), story.pick(DAY)]
