"""The degradation levels that reading is judged on, from a careful flatbed scan to a fax, a curled page and a hand's shadow."""

from dataclasses import replace
from typing import Final

from service.demo.scanner import Scanner

LEVELS: Final = {
    "A": Scanner(dpi=300, tilt=0.3, noise=1.5, blur=0.4, jpeg=92),  # a careful flatbed scan
    "B": Scanner(
        dpi=200, tilt=1.3, shift=(1.5, -1.0), noise=3, blur=0.5, jpeg=75
    ),  # the office's usual feeder
    "C": Scanner(
        dpi=150, tilt=-2.0, shift=(-2.0, 1.0), noise=5, blur=0.6, jpeg=55
    ),  # an old, thrifty machine
    "D": Scanner(
        dpi=190,
        tilt=2.5,
        perspective=0.015,
        margin=12,
        bed=(52, 66, 84),
        lighting=0.35,
        noise=3,
        blur=0.7,
        jpeg=80,
    ),  # a good phone photo on a desk
    "E": Scanner(
        dpi=140,
        tilt=-6,
        perspective=0.035,
        margin=18,
        bed=(40, 50, 60),
        lighting=0.75,
        noise=7,
        blur=1.15,
        jpeg=45,
    ),  # a bad one in a dark room
    "F": Scanner(
        dpi=200, tilt=2.0, turn=180, noise=4, blur=0.6, jpeg=60, stains=3, creases=2, tone=(214, 234, 240)
    ),  # stained, folded, fed upside down
    "gray100": Scanner(dpi=100, tilt=0.8, noise=3, blur=0.5, jpeg=75, colour="gray"),  # "e-mail" quality
    "onebit150": Scanner(dpi=150, tilt=-0.7, noise=4, blur=0.5, colour="bilevel"),  # a text copy
    "fax100": Scanner(dpi=100, tilt=0.6, noise=6, blur=0.5, colour="bilevel", fax=1.0),
    "phone1200": Scanner(
        dpi=95,
        longest=1200,
        tilt=-2.0,
        perspective=0.015,
        margin=10,
        bed=(60, 74, 90),
        lighting=0.3,
        noise=2,
        blur=0.5,
        jpeg=70,
    ),  # what a chat program leaves of a picture
    "curled": Scanner(
        dpi=200,
        tilt=1.5,
        perspective=0.012,
        margin=16,
        bed=(70, 88, 110),
        lighting=0.25,
        noise=3,
        blur=0.7,
        jpeg=80,
        curl=14.0,
    ),  # a good phone, but the page does not lie flat
    "stapled": Scanner(dpi=200, tilt=-1.2, noise=3, blur=0.5, jpeg=75, stapled=True),
    "moire": Scanner(
        dpi=180,
        tilt=1.1,
        perspective=0.012,
        margin=8,
        bed=(24, 24, 26),
        tone=(255, 252, 246),
        noise=3,
        blur=0.6,
        jpeg=80,
        moire=0.6,
    ),  # a picture of the scan on somebody's screen
    "shadow": Scanner(
        dpi=190,
        tilt=-2.5,
        perspective=0.015,
        margin=12,
        bed=(52, 66, 84),
        lighting=0.35,
        noise=4,
        blur=0.7,
        jpeg=80,
        shadow=0.6,
    ),  # the hand that holds the phone stands in the light
}


def level(name: str, seed: int) -> Scanner:
    """Return a degradation level with its dice set."""
    return replace(LEVELS[name], seed=seed)
