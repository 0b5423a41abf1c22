"""All plots. A plot takes a Story and tells it: beginning, middle and end, with the same cast throughout."""

from .feelings import afraid, lonely, quarrel, sick, sleepless, truth
from .gifts import birthday, hungry, shelter, work
from .journeys import bridge, flood, message, sea, star, treasure
from .makings import building, garden, learning
from .outdoors import picnic, race, snow
from .troubles import lost_child, lost_thing, noise, stuck, wind

PLOTS = [
    afraid,
    lonely,
    quarrel,
    sick,
    sleepless,
    truth,
    birthday,
    hungry,
    shelter,
    work,
    building,
    garden,
    learning,
    race,
    snow,
    lost_child,
    lost_thing,
    noise,
    stuck,
    wind,
    bridge,
    flood,
    message,
    picnic,
    sea,
    star,
    treasure,
]
