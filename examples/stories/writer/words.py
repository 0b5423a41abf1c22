"""The words of the world: names, kinds of heroes with their homes and skills, things, food and places."""

SHE = (
    'Mia Lily Anna Rosa Ella Nora Lucy Emma Ruby Ivy Daisy Hazel Clara Poppy Tilly Maya Zoe Ada Greta Luna Pippa Molly '
    'Elsie Olive Sara Nina Mabel Fern Willow June Kiki Bella'
).split()
HE = (
    'Tom Ben Max Leo Sam Finn Jack Oscar Hugo Otto Theo Milo Felix Noah Toby Jasper Bruno Oliver Charlie Henry Emil Gus'
    ' Ned Pip Rory Arlo Basil Walter Ravi Omar Kai Bo'
).split()

# kind: (skills, homes, what it loves besides what everybody loves)
KINDS = {
    'fox': (
        'run dig smell',
        ['in a den under an old oak tree', 'at the edge of the forest'],
        ['to chase falling leaves'],
    ),
    'rabbit': (
        'run dig hear',
        ['in a burrow on the green hill', 'in a burrow near the meadow'],
        ['to hop through the clover'],
    ),
    'hare': ('run hear', ['in the tall grass of the meadow', 'at the edge of the corn field'], ['to run races']),
    'bear': ('strong climb smell', ['in a cave deep in the forest', 'in a cave near the waterfall'], ['honey']),
    'owl': ('fly see', ['in a hollow tree', 'in the old church tower'], ['to count the stars']),
    'mouse': ('small climb', ['in a tiny hole under the barn', 'behind the flour bags in the old mill'], ['cheese']),
    'hedgehog': ('small smell', ['under a heap of dry leaves', 'under the garden hedge'], ['to curl up in the sun']),
    'squirrel': ('climb small', ['in a nest in a tall pine tree', 'high up in an old oak tree'], ['to collect nuts']),
    'badger': ('dig strong', ['in a deep burrow in the forest', 'under the roots of a big tree'], ['to dig tunnels']),
    'mole': ('dig small', ['under the garden', 'deep under the meadow'], ['the smell of fresh earth']),
    'frog': ('swim small', ['by a quiet pond', 'among the reeds of the pond'], ['to jump into puddles']),
    'duck': ('swim fly', ['by a quiet pond', 'on the bank of the river'], ['to splash in the water']),
    'goose': ('swim fly', ['on a farm near the river', 'in the yard behind the mill'], ['to go for walks in the rain']),
    'otter': ('swim', ['on the bank of the river', 'by the bend of the river'], ['to slide down muddy banks']),
    'beaver': ('swim build', ['in a lodge in the river', 'near the dam'], ['to build things']),
    'turtle': ('swim', ['on a flat stone by the pond', 'near the lake'], ['to lie in the sun']),
    'cat': ('climb see', ['in a cottage in the village', 'in the house of the baker'], ['warm milk']),
    'dog': ('run smell dig', ['on a farm', 'in a yellow house in the village'], ['to dig holes']),
    'goat': ('climb strong', ['on a farm on the hill', 'in a shed behind the farm'], ['to jump from rock to rock']),
    'donkey': ('strong', ['in a stable near the mill', 'on a small farm'], ['carrots']),
    'pony': (
        'run strong',
        ['in a stable on the farm', 'in the green field behind the farm'],
        ['to gallop over the fields'],
    ),
    'lamb': ('small', ['on a farm on the hill', 'in the field behind the barn'], ['to jump over stones']),
    'deer': ('run hear', ['deep in the forest', 'in the quiet woods'], ['to drink from the cool stream']),
    'wolf': (
        'run smell strong',
        ['in a cave in the dark forest', 'on the far side of the hill'],
        ['to sing to the moon'],
    ),
    'raccoon': ('climb see', ['in a hollow log', 'in a tree near the village'], ['shiny things']),
    'robin': ('fly small', ['in a nest in the apple tree', 'in the hedge behind the cottage'], ['to sing at sunrise']),
    'sparrow': ('fly small', ['under the roof of the barn', 'in the ivy on the old wall'], ['to chatter all day']),
    'crow': ('fly see', ['at the top of a tall elm tree', 'on the roof of the mill'], ['shiny things']),
    'penguin': ('swim', ['on a rocky beach', 'on the cold side of the island'], ['to slide on the ice']),
    'seal': ('swim', ['on the rocks by the sea', 'in the bay below the lighthouse'], ['to play in the waves']),
    'dragon': ('fly strong', ['in a cave on the mountain', 'in the ruins of an old castle'], ['hot pepper soup']),
    'robot': ('strong build', ['in an old workshop', 'in a shed full of tools'], ['the sound of ticking clocks']),
    'king': ('', ['in a castle on the hill', 'in a small castle by the lake'], ['to ride through the forest']),
    'queen': ('', ['in a castle on the hill', 'in a palace by the sea'], ['to walk in the rose garden']),
    'prince': ('climb', ['in a castle on the hill', 'in a tower of the castle'], ['to slide down the stairs']),
    'princess': ('climb', ['in a castle on the hill', 'in a palace by the sea'], ['to look for frogs in the garden']),
    'knight': ('strong run', ['in a castle on the hill', 'in a stone tower'], ['to polish old armour']),
    'wizard': ('', ['in a crooked tower', 'in a hut in the forest'], ['to stir magic soup']),
    'witch': ('fly', ['in a crooked house in the forest', 'in a hut by the swamp'], ['to fly around the moon']),
    'giant': ('strong', ['on the mountain', 'in a huge house behind the hills'], ['to count the clouds']),
    'fairy': (
        'fly small',
        ['in a flower in the meadow', 'in a tiny house under a mushroom'],
        ['to dance in the moonlight'],
    ),
    'pirate': ('swim build', ['on an old ship', 'in a cabin by the sea'], ['to look for treasure']),
    'unicorn': ('run', ['in the silent forest', 'in a valley full of flowers'], ['to jump over rainbows']),
    'monkey': ('climb', ['in a palm tree', 'in the treetops'], ['bananas']),
    'elephant': ('strong', ['by the great lake', 'in a green valley'], ['to splash in the water']),
    'lion': ('run strong', ['in the tall grass', 'on a warm rock'], ['to sleep in the sun']),
    'girl': (
        'build',
        ['in a small house by the sea', 'in the village', 'in a cottage near the forest'],
        ['to ask questions'],
    ),
    'boy': (
        'build',
        ['in a small house by the sea', 'in the village', 'in a cottage near the forest'],
        ['to climb trees'],
    ),
}
PEOPLE = ('girl', 'boy')
GENDERS = {
    'girl': True,
    'boy': False,
    'king': False,
    'queen': True,
    'prince': False,
    'princess': True,
    'wizard': False,
    'witch': True,
}

TRAITS = (
    'little small young brave shy kind curious clever cheerful quiet gentle sleepy merry friendly careful playful '
    'polite proud lonely busy'
).split()

LOVES = [
    'to sing',
    'to dance',
    'to paint pictures',
    'to read books',
    'to tell jokes',
    'to play hide and seek',
    'to bake cakes',
    'to explore',
    'to help others',
    'to watch the clouds',
    'to collect stones',
    'to pick flowers',
    'stories',
    'music',
    'sweet apples',
    'strawberries',
    'the stars',
    'the smell of rain',
    'surprises',
    'adventures',
]

COLOURS = 'red blue yellow green white orange purple'.split()
# noun: (adjectives besides colours, tags)
THINGS = {
    'kite': (['new', 'paper', 'big'], 'toy wind'),
    'ball': (['new', 'big', 'rubber'], 'toy roll'),
    'hat': (['woolly', 'straw', 'favourite'], 'wear wind'),
    'scarf': (['woolly', 'soft', 'long'], 'wear wind gift'),
    'drum': (['little', 'tin', 'wooden'], 'toy'),
    'balloon': (['big', 'round', 'shiny'], 'toy wind'),
    'lantern': (['little', 'old', 'paper'], 'tool gift'),
    'basket': (['little', 'round', 'old'], 'tool gift'),
    'key': (['little', 'old', 'golden', 'silver'], 'tiny'),
    'button': (['shiny', 'golden', 'round'], 'tiny'),
    'bell': (['little', 'silver', 'golden'], 'tiny gift'),
    'whistle': (['tin', 'little', 'wooden'], 'tiny toy gift'),
    'book': (['old', 'big', 'favourite'], 'tool'),
    'map': (['old', 'secret', 'big'], 'wind'),
    'umbrella': (['big', 'old', 'striped'], 'tool wind'),
    'shell': (['shiny', 'pretty', 'little'], 'tiny gift'),
    'feather': (['soft', 'long', 'pretty'], 'wind'),
    'marble': (['shiny', 'little', 'glass'], 'tiny roll toy'),
    'flute': (['little', 'wooden', 'silver'], 'toy gift'),
    'ribbon': (['silk', 'long', 'pretty'], 'wear wind gift'),
    'mitten': (['woolly', 'warm', 'soft'], 'wear'),
    'bucket': (['tin', 'little', 'old'], 'tool'),
    'blanket': (['soft', 'warm', 'old'], 'tool wind'),
    'coin': (['golden', 'silver', 'shiny'], 'tiny roll'),
    'ring': (['golden', 'silver', 'little'], 'tiny'),
    'spoon': (['wooden', 'silver', 'big'], 'tool'),
    'wagon': (['little', 'wooden', 'old'], 'toy roll'),
    'boat': (['little', 'wooden', 'paper'], 'toy float'),
    'crown': (['paper', 'golden', 'little'], 'wear toy'),
    'cup': (['favourite', 'pretty', 'big'], 'break'),
    'vase': (['tall', 'glass', 'pretty'], 'break'),
    'plate': (['big', 'pretty', 'round'], 'break'),
    'teapot': (['old', 'big', 'favourite'], 'break'),
    'jug': (['old', 'tall', 'big'], 'break'),
    'bowl': (['big', 'pretty', 'favourite'], 'break'),
    'clock': (['old', 'tall', 'little'], 'break'),
    'picture': (['pretty', 'big', 'little'], 'gift'),
    'necklace': (['pretty', 'long', 'silver'], 'gift tiny'),
    'pillow': (['soft', 'big', 'warm'], 'gift'),
}

FOOD = {  # noun: (adjectives, tags)
    'apple': (['sweet', 'big', 'red'], 'fruit'),
    'pear': (['sweet', 'ripe', 'yellow'], 'fruit'),
    'plum': (['sweet', 'ripe', 'purple'], 'fruit'),
    'bun': (['warm', 'sweet', 'fresh'], 'baked'),
    'cake': (['little', 'sweet', 'honey'], 'baked'),
    'pie': (['warm', 'apple', 'plum'], 'baked'),
    'loaf of bread': (['fresh', 'warm', 'small'], 'baked'),
    'pancake': (['big', 'warm', 'golden'], 'baked'),
    'biscuit': (['ginger', 'big', 'crunchy'], 'baked'),
    'carrot': (['crunchy', 'big', 'orange'], 'fruit'),
    'piece of cheese': (['big', 'yellow', 'small'], ''),
    'jar of honey': (['big', 'small', 'golden'], ''),
    'bowl of soup': (['hot', 'big', 'warm'], ''),
    'bag of nuts': (['big', 'small', 'little'], ''),
}

# noun: (at, tags)
PLACES = {
    'forest': ('in', 'wild quiet'),
    'meadow': ('in', 'wild open'),
    'river': ('by', 'wild water'),
    'pond': ('by', 'wild water'),
    'hill': ('on', 'wild open'),
    'village': ('in', 'town'),
    'market': ('at', 'town'),
    'mill': ('at', 'town'),
    'barn': ('in', 'town'),
    'garden': ('in', 'open'),
    'orchard': ('in', 'wild'),
    'bridge': ('on', 'water'),
    'beach': ('on', 'wild open water'),
    'well': ('by', 'town'),
    'lighthouse': ('at', 'town'),
    'field': ('in', 'wild open'),
    'lake': ('by', 'wild water'),
    'old tower': ('by', 'quiet'),
    'waterfall': ('by', 'wild water'),
    'valley': ('in', 'wild open'),
    'park': ('in', 'town open'),
    'big rock': ('by', 'wild quiet'),
}

SEASONS = ['spring', 'summer', 'autumn', 'winter']
WEATHER = {  # kind: (adjectives of a day, seasons, sentences)
    'sunny': (
        'sunny bright warm lovely',
        'spring summer',
        [
            'the sun was shining',
            'the sky was blue and clear',
            'the birds were singing',
            'the air was warm and sweet',
            'there was not a cloud in the sky',
            'the bees were humming in the flowers',
        ],
    ),
    'windy': (
        'windy',
        'spring autumn',
        [
            'the wind was blowing',
            'the wind danced in the trees',
            'the clouds were racing over the sky',
            'leaves were flying everywhere',
        ],
    ),
    'rainy': (
        'rainy grey wet',
        'spring autumn',
        ['the rain was falling softly', 'the sky was full of dark clouds', 'drops were dancing in the puddles'],
    ),
    'snowy': (
        'snowy cold white',
        'winter',
        [
            'snow lay on the roofs',
            'soft snow was falling',
            'the pond was covered with ice',
            'everything was white and still',
        ],
    ),
    'foggy': (
        'foggy misty',
        'autumn winter',
        [
            'a thick fog lay over the valley',
            'the trees looked like grey giants',
            'the mist was so thick that one could hardly see',
        ],
    ),
    'cool': (
        'cool golden quiet',
        'autumn',
        ['the leaves were red and gold', 'the air smelled of apples', 'the first leaves were falling'],
    ),
}

ADULTS = {  # who: she, where they work
    'the baker': (False, 'in the bakery'),
    'the miller': (False, 'in the mill'),
    'the fisherman': (False, 'at the harbour'),
    'the gardener': (False, 'in the garden'),
    'the teacher': (True, 'in the school'),
    'the farmer': (False, 'on the farm'),
    'the tailor': (True, 'in the shop'),
    'the shepherd': (False, 'in the hut'),
    'the clockmaker': (False, 'in the workshop'),
    'the postwoman': (True, 'in the post office'),
    'the weaver': (True, 'in the cottage'),
    'the carpenter': (False, 'in the workshop'),
    'the doctor': (True, 'in the waiting room'),
    'the lighthouse keeper': (False, 'in the lighthouse'),
}
