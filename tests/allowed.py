"""What a second recogniser is allowed where PP-OCR must be exact: to leave a value to a person, never to be wrong."""

DOUBT = frozenset({"unreadable"})


def allowed(recogniser, *results):
    """The results that are right where PP-OCR finds these: an engine without probabilities may doubt each of them."""
    return frozenset(results) if recogniser.name == "ppocr" else frozenset(results) | DOUBT


def agrees(recogniser, found, wanted):
    """Tell whether every result is the wanted one, or a doubt that is allowed; both are by name."""
    return found.keys() == wanted.keys() and all(
        found[name] in allowed(recogniser, result) for name, result in wanted.items()
    )
