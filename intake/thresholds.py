"""Every threshold of judgement in one place, each with the figures that set it.

`make thresholds` measures the distributions again on tuning papers and says how far each threshold lies from the worst
honest paper and the nearest altered one; docs/thresholds.md keeps its last table. What only describes shapes (millimetres
of a rim, steps of a search) stands where it is used.
"""

# Whether a page can be judged at all: intake/quality.py
MIN_DPI = 90.0  # gray scans of 100 dpi were read 100 %, 60 dpi is guesswork (evidence.md §2)
BLANK_SHARE = 0.0004  # of the page: less dark than this is dust; our emptiest certificate has 2 %
DARKER = 50  # grey levels under the paper that count as dark
MIN_CONTRAST = 50.0  # grey levels between paper and print
MIN_SHARPNESS = (
    0.33  # of the archived render's edges: above 0.35 no false alarm at any dpi, from 0.30 down some
)
COARSE_DPI = 120.0  # faxes and chat programs' pictures; all levels that are read whole have more
LEAST_DOUBTFUL = 3  # unreadable values from which a page is told to come again
PART, MOST = 0.2, 0.5  # of its values: on a 1-bit or coarse page, on any other
MIN_CONFIDENCE = 0.85  # mean over the letters of a page; clean pages stay over 0.96

# Values: text and ink against the archive: intake/compare.py
ALTERED_MARGIN = -6.0  # log P(expected) - log P(read) below which one-character changes lie: 2052 of 2052
DOUBT_MARGIN = -3.0  # between the two a person looks, unless archived ink is gone as well
SAME_MARGIN = -1.5  # a reading this near to the expected text, on the same ink, is the expected text
# The next four are shares of the page's usual likeness (see usual_likeness): scanners differ, lines hardly.
SAME_INK = 0.985  # the archive's ink everywhere: the recogniser is at fault; 戌 for 戍 stays at 0.98
OTHER_INK = 0.9  # a replaced character pulls its window below this; untouched lines stay above 0.97
CHECKED_INK = 0.8  # what is asked of numbers whose reading fails its own checksum
ALIEN_INK = 0.75  # the text reads the same but some of the ink does not: 孑 read as 子
ALL_INK = 0.06  # share of a character's archived ink that may be missing from one merely soiled or creased
USUAL = (0.9, 1.0)  # the range of usual likenesses; a page below it is stained or foreign
USUAL_LINES = 3  # with fewer such lines the page says nothing about its scanner
GUESS = 0.5  # a character read with less is a guess, which accuses nobody unless archived ink is gone
ERASED = 0.3  # of the page's usual depth of ink: scraped and painted-out values keep 0.18, honest ones 0.73 and more
LETTER_GONE = 0.7  # share of a letter's archived ink missing from which it is sought a little off its place …
VACANT = 0.8  # … and that, missing there too, alters by itself: wiped-out letters leave 1.0
ANOTHER_SHAPE = (
    0.75  # share of what a letter leaves unexplained that another one leaves, for its shape to accuse
)
LOOKALIKE = 0.5  # the same where the text reads as it should, and only the shape speaks
NOT_ANOTHER = (
    0.9  # from here on no other letter is the better picture, so a differing reading alone accuses nobody
)
ADDED_LETTER = (
    0.9  # the least sure letter of a longer or shorter reading that accuses while all archived ink stands …
)
ADDED_PEN = 0.15  # … and the ink beside the archive's that it takes
GONE_INK = 0.2  # share of a character's archived ink that a replaced character leaves missing
OVERLAY = 0.03  # share of the crop covered by ink the archive does not have: a stamp, a signature, a stain
BEYOND_DOUBT = 0.95  # the least sure character of a reading that holds against a signature's strokes
UNSURE = 0.8  # the least sure character of a reading taken through such an overlay
TOUCHED = 0.05  # pen ink in a character (see Cut): written-over digits leave 0.062 to 0.6, honest lines 0.000
CLEAR_SHAPE = (
    0.01  # share of a letter's contrast its archived picture leaves unexplained; no rival comes so near
)
RIVAL = 1.05  # what the nearest rival must leave, of that: see intake/shapes.py
VARIANT = 1.15  # times what a variant beyond GB 2312 leaves: printed ones 0.42 to 0.83, honest letters 0.98 and more
DRAWN_OVER = (
    0.8  # the same of a numeral drawn over one that is still read: blots that are none leave 0.9 and more
)
CLEARLY = 1.5  # the same of what was read instead, for the letters to be believed against the reading
# Of a pen's ink where people sign, the share that keeps to the line: words written over leave 0.847 and more unless a
# signature crosses them; signatures below 0.14, but 0.775 where a seal broke one up. Thin on both sides, so the next three
# look at each letter. 288 names written over below a signature and 644 honest ones (24 tuning seeds, levels B and D):
# with KEPT_WITHIN alone 58 passed and 20 went to a person, with all four 5 pass (3 hardly TOUCHED) and 48 go there.
# Held out, other seeds, letters and signers: of 72 passed 17, now 2 (忘 over 志); of 180 honest 6 went there, now 12.
KEPT_WITHIN = 0.8
ANOTHER = 0.7  # of another letter's own strokes, there in ink
CROWDED = 2.5  # pen ink on a letter against that beside it, where it is at least …
CROWDED_INK = 0.25  # … this share of what the print leaves free
SURE = 0.85  # confidence from which a recogniser without probabilities is believed against the archive
# Of 1,968 fields on 64 pages, half of them tampered, none was judged otherwise than by the whole network alone.
QUICK = 0.9  # the least sure character of the quick network's reading where that is the expected text

# Whether a thin stroke stands on a line that the archive lacks: intake/strokes/
STROKE = 0.12  # its darkness, of print's
STROKE_SPREAD = 1.9  # times the median of the page's lines: paper that is curled or copied in bits leaves much unexplained
SIGNED_STROKE = 0.35  # of it where people sign but do not touch the line: the end of their stroke does
PEN_STROKE = (
    1.4  # times what a stroke may be there: half as dark as print, which a pen is and a pencil is not
)
JOINED = 0.45  # of a letter's ink, joined to a line where people sign: signatures leave 0.36 and less, but one of 62 that broke up

# Whether a line's ink alone proves it, so that nobody need read it: intake/proven.py
PROVEN_LETTER = 0.04  # of a letter's contrast, unexplained by its archived picture; other letters leave more
PROVEN_LIKE = 0.97  # of the usual likeness of such lines
PROVEN_RIVAL = 1.2  # what the nearest rival of any letter must leave, of what the letter leaves

# Whether a page is a picture of a screen: intake/marks/screen.py
# Largest lone wave of colour (natural log) in 576 places of 512 tuning pages: 0.028 and more under moire, mostly over 0.08.
BANDS = 0.025
LONE_WAVE = (
    2.8  # times its row and column of the spectrum: 3.2 to 7.5 under moire, at most 2.5 on other levels
)

# Whether a red ring is a seal, and a red square a name seal: intake/marks/seals.py
SEARCH_SCORE = 0.30  # rim minus surroundings in the search; real seals give 0.5-0.9
COVERAGE = 0.70  # share of the rim that must show ink; text and other seals crossing it take little
ABOVE_OUTSIDE = 0.25  # the rim must be redder than what lies outside it: rules out red areas
INSIDE_INK = (0.015, 0.70)  # a ring with nothing in it is no seal, nor is a red patch
ON_PAGE = 0.40  # share of the rim that must lie on the page: half seals across a cut line
SQUARE_FILL = (0.12, 0.92)  # share of ink inside a name seal's outline: more is a red patch, less a scratch
SQUARE_SIDES = 0.55  # share of the outline that must show ink, over its four sides

# Whose seal it is: intake/marks/ring.py, intake/marks/alignment.py
EXTRA_LETTER = 3.0  # cost (natural log) of a letter on the seal that the name does not explain
PLAUSIBLE = -3.0  # what the winner's own letters may cost; one letter read surely as another one costs 5-9
CLEAR_MARGIN = 2.5  # between the winner and the next name
# Between the winner and units one letter off that nobody here knows (intake/marks/neighbours.py): seals of such units took
# its name at -2.5 to -5.8, 6 of 256; right ones are 0.0 and more ahead.
NEIGHBOUR_MARGIN = 0.0
UNREAD_MARGIN = (
    1.0  # the same where a letter could not be read: then it must not be the one that tells them apart
)
ALONE = 6.0  # a margin at which no other name comes near: then a spoilt letter is forgiven more
FAINT_LETTER = (
    -8.0
)  # what one letter that is hard to read may cost a name; WORST_STEP is one of which nothing shows
LONG_NAME = 6  # letters from which a name is known again with one letter lost
AGREEING = 2  # cuts that must agree: the second best counts, so one lucky or spoilt cut decides nothing
SURE_LETTER = 0.7  # the least sure letter of a ring that is believed against the unit it should name
OTHER_LETTERS = 2  # letters in place of a name's own from which it is another name
HIDDEN = (
    1 / 3
)  # of a smudged letter's cost that counts between names: a pen hides letters, none turns one into another
HOLE = 1.6  # steps between two letters, of the usual ones, from which a letter is hidden there
WORST_STEP = -9.0  # one smudged letter must not cost more than this: a seal has many

# Whether two seals are one picture: intake/marks/imprints.py
LEAST_RIM = 0.4  # share of the rim that two imprints must both show
LEAST_FACE = 150  # cells of the face that both must show; a star has 500
SAME_RIM = 0.5  # of two stampings of a fresh die 5 in 64,000 pairs of scans reach it
SAME = 1.3  # rim and face together: of two stampings of a fresh die at most 1.05, of one 1.62 to 1.97 on levels A-D
SURE_RIM = (
    0.75  # of two stampings at most 0.70, also of a worn die; print below a copy spoils its face, not its rim
)
SAME_OWN = 0.5  # beside the die's share: of two stampings of a worn, evenly inked die 0.34 (99 %), of one 0.5 to 0.97
MANY = 3  # stampings from which a die's own texture is known

# Whether somebody signed: intake/marks/signatures.py
PEN = 0.30  # density of the thinnest pen stroke at 200 dpi; shadows and stains stay below where seals do not lie
PEN_OVER_PAPER = 0.15  # how far ink must stand out of its own neighbourhood: a stain or shadow has soft edges
SPECK_MM = 1.2  # dirt and JPEG crumbs are smaller than any stroke
STRAIGHT = (
    12.0  # a trace this many times longer than thick, along the page, is a rule or a fold, not a stroke
)
LONGEST_STROKE_MM = 14.0  # beside other strokes a shorter straight trace is one too, as in 王, 卜 or 一
BESIDE_MM2 = 0.8  # the other strokes that takes
# 952 signatures in ink on 512 colour pages of the tuning side leave 8.4 mm2 and more, also over a printed name; of 89 boxes
# nobody signed that a hair crosses 22 had 2.1 to 5.5, and were taken for signed while 2.0 was enough.
ENOUGH_MM2 = 6.0
ENOUGH_WIDE_MM = 4.0  # a name is wider than a tick
FAINT = 0.35  # of enough: from here on a person must look
# What a pencil hardly leaves: of 37 such signatures that showed nothing at PEN, 34 have it at FAINT_PEN (7.9 mm2 and more);
# of 300 boxes nobody signed, in colour, only two with a hair across them: a crease is one or two pieces.
FAINT_PEN, FAINT_OVER_PAPER = 0.14, 0.08
FAINT_MM2, FAINT_WIDE_MM, FAINT_STROKES = 7.0, 7.0, 3

# Whether somebody wrote a date: intake/dates.py
# Measured on 4 forms, seeds 1-3, 54 places a level, every mark made, every second place dated: in colour (A-F) bare places
# show at most 0.16 mm2 in any gap, dated ones at least 2.3 in their fullest.
DATE_MM2 = 0.3  # strokes before 月, and before 日: a thin 1 leaves 0.5 at 200 dpi, at D and E less
NO_DATE_MM2 = 0.25  # ink of any kind in a gap where nobody wrote

# Whether it is the photo that was printed: intake/surface/photo.py
# Alike is what 85 of 100 textured places of a photo reach in local correlation; a seal over its corner or a fold takes
# less. Measured on 58 scans of 3 forms at every level but the 1-bit ones: the same photo 0.951 and more, worst under
# moiré and curled; of 144 other portraits 85 % stay under OTHER and 94 % under 0.95. The rest are the simulator's twins
# (the same cartoon but for a shade); photographs of two people are less alike than any of these.
OTHER = 0.93
DOUBT = 0.945
LEAST_TEXTURED = 0.1  # share of the photo that must, for a face to be there at all

# Whether the form's own words stand as printed: intake/surface/wording.py
# Measured on 4 forms, seeds 1 and 2, levels A-F, gray and 1-bit; shares of the page's usual likeness. Untouched
# words stay over 0.77 unless something lies on them (0.0 under a signature or a seal without colour); replaced
# ones stay under 0.67, on 1-bit copies too.
SUSPECT = 0.72
LOOKED_AGAIN = 0.85  # below it a word is sought in its neighbourhood; most stand where they are registered
GONE = 0.85  # erased words lose 1.0 of their ink; under a dark seal untouched ones lose 0.35 at worst
LOST = (
    0.15  # of one letter's ink: what a letter put in its place leaves missing, over 0.15 but for one in ten
)
LETTER_LOST = 0.9  # of one letter's ink: a letter wiped out of its word
COVERED = 0.04  # share of a word's place under ink that was not printed: a signature, a seal without colour,
HEAVIER = 1.4  # and times the ink the page's words usually show: another word in its place is not heavier
BITTEN = 0.9  # of one letter's ink: 1-bit copies eat up to 0.43 of small letters, fax up to 0.78
SURE_WORD = 0.8  # the weakest letter of a reading that is believed against the archive
OTHER_WORDS = -25.0  # log P(word) - log P(read) of other words: one letter changes it by 8 to 21
READABLE = 0.7  # how surely those are read, on the whole
STRIPPED = 0.4  # of one letter's ink: what a strip with other words leaves missing of the word below
FOREIGN_SHARE = 0.4  # of a page's words: with so many unlike the archive's it is not this paper
UNLIKE = 0.5  # likeness under which a word of a page that cannot be judged is not there at all
FULL = 0.5  # of the archive's ink: a page that is merely pale shows less
FOREIGN_LEAST = 6  # words a page must have for that to mean anything

# Whether print was added where the archive is blank: intake/surface/added.py
# Measured on 32 added lines, 210 clean pages and 96 notes by hand of the tuning side (decision 13). Print is mostly read at
# 0.99 and more, most hands under 0.98; heads and feet of printed letters vary by 0.00-0.08 of the row's height (Latin ones
# by up to 0.23) and fill 0.88-1.0 of it, those of hands by 0.00-0.24 and 0.78-1.0.
ADDED_LEAST = 3  # letters: fewer are read into specks and strokes
ADDED_SURE = 0.98  # the weakest of them
ADDED_INK = (0.06, 0.7)  # share of a row's place that is ink
ADDED_UNEVEN = 0.1  # of the row: how far heads and feet of its letters vary
ADDED_HIGH = 0.86  # of the row's height that its letters have

# Which place a mark belongs to, and what is a trace of one: intake/marks/judge.py
REACH_MM = 12.0  # a seal whose centre is this far outside its box is still meant for it
LEAST_OVERLAP = 0.15  # of the seal's area in the box
NAME_SEAL_MM2 = 25.0  # a name seal of 15-20 mm leaves 60-150 mm2 of ink; half of a small one must do
TRACE_MM2 = 12.0  # red ink where no seal was made out: a broken, cut or smeared one; somebody must look
NAME_SEAL_REACH_MM = 8.0  # a name seal beside its place is still beside that place

# Whether a red pen wrote on a value: intake/reddened.py
# Measured on 50 pages of the tuning side, 870 honest lines: 0.00 on all but photos of a screen, where 0.12 is passed on many
# lines of a page; a stroke over one letter by a red pen of 0.3 to 0.5 mm leaves 0.13 to 2.6 where it lies on no print.
RED_PEN = (0.12, 0.25, 0.4)  # redness that is ink: the first of these that few lines of the page show
RED_PEN_MM2 = 0.1

# Whether a lamp shines off the paper on print that is missing: intake/glare.py
# Of 1,288 lines on 56 honest tuning pages of seven levels without a gleam (seeds 715,000 and up) 3 lie under one (photos in
# uneven light), of a hand's shadow none; where our simulated gleam drowned print it is 0.97 and more.
GLARE = 0.7  # of the way from the paper around to white
GLARE_STEP = 0.75  # of all it is brighter: what ends within 3 mm is fluid or a pasted strip
