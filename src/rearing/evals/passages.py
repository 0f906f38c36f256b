"""Plain passages in which nobody has anything to decide: what a model should still read as well as before."""

# Every passage tells one thing from its beginning to its end, so that its order can be heard.
PASSAGES: dict[str, tuple[str, ...]] = {
    "bread": (
        "To bake a loaf of bread, the baker first mixes flour, water, salt and yeast in a large bowl.",
        "She then kneads this dough on a table for ten minutes, until it is smooth.",
        "After that it rests under a cloth for an hour and grows to twice its size.",
        "At last it goes into a hot oven and comes out brown and crisp.",
    ),
    "tide": (
        "The sea along this coast rises and falls twice in a day.",
        "At six in the morning the water is low, and the sand is bare for half a mile.",
        "By noon it has come all the way up to the harbour wall.",
        "Then it turns and goes out again until the evening.",
    ),
    "seed": (
        "A bean in wet soil takes up water and swells.",
        "Within a few days its skin opens and a small white root grows down.",
        "Soon afterwards a green shoot comes out of the ground and unfolds two leaves.",
        "These leaves catch the light, and from then on the plant makes its own food.",
    ),
    "train": (
        "The night train leaves the capital at ten in the evening.",
        "It crosses the plain in the dark and stops at three small towns.",
        "At dawn the first mountains appear in the windows.",
        "Two hours later it arrives at the last station, close to the border.",
    ),
    "letter": (
        "When you post a letter, it falls into a box at the corner of the street.",
        "A van collects it in the afternoon and takes it to the sorting office.",
        "There a machine reads the address and drops it into the tray for its district.",
        "On the next morning a postman carries it to the door.",
    ),
    "river": (
        "The river begins as a spring below a glacier.",
        "Many brooks run into it, and in the valley it is already ten metres wide.",
        "Further down it passes a large town with seven bridges.",
        "In the end it reaches a flat delta and flows into the sea.",
    ),
    "candle": (
        "A candle is made of wax with a wick of cotton in the middle.",
        "When the wick is lit, the heat melts the wax around it.",
        "The liquid wax climbs up through the cotton and turns into gas.",
        "It is this gas that burns and gives the light.",
    ),
    "library": (
        "A reader who looks for a book in the library starts at the catalogue.",
        "The catalogue shows a number for the title.",
        "With this number he walks along the shelves until he comes to the same one on a spine.",
        "He takes the volume to the desk, where its loan is written down.",
    ),
    "glass": (
        "Glass is made from sand, soda and lime.",
        "A furnace heats the mixture until it flows like honey.",
        "The worker takes some of it on the end of a pipe and blows it into a bubble.",
        "As it cools, the bubble becomes hard and clear.",
    ),
    "moon": (
        "On the first evening the moon is a thin line in the west.",
        "It grows from night to night, and after a week half of it is bright.",
        "After two weeks it is full and rises when the sun goes down.",
        "Then it shrinks again until nothing of it can be seen.",
    ),
    "clock": (
        "In an old tower clock a heavy weight hangs on a rope.",
        "As it sinks, the rope turns a drum and the drum turns the wheels.",
        "A pendulum lets the wheels move by one tooth at every swing.",
        "Once a day somebody climbs the stairs and winds the weight up again.",
    ),
    "wool": (
        "In spring the wool of the sheep is cut off in one piece.",
        "It is washed, and then combed until all hairs point in the same direction.",
        "A wheel spins the combed wool into a long yarn.",
        "From this yarn somebody knits a pair of socks for the winter.",
    ),
}
