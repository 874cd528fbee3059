"""How much one file may cost, and the error that says which bound it is over."""

from __future__ import annotations

MB = 1024**2
RESIDENT = 300 * MB  # what the process may hold in memory, its code included: watched while it works
DATA = 340 * MB  # what it may reserve: not all of that is ever touched
CPU_SECONDS = 60
DECODED = 200 * MB  # bytes of one picture's pixels while it is decoded
SHOWN_PIXELS = 50_000_000  # pixels of a picture that clients are asked to show as it is
EDGE = 4096  # pixels of a scaled picture's longer side at most
FRAMES, FRAME_PIXELS = 1000, 400_000_000  # of an animation that is converted: pictures, and pixels of all of them
VOICE_RATE, VOICE_BITS = 16000, 32000
VOICE_SECONDS = 3600  # of sound that is converted at most
FILM_EDGE = 1280  # pixels of a converted film's longer side
FILM_SECONDS = 50  # of work on one film


class Refused(Exception):
    """A file that is not converted; `trouble` names why: see bridge.media.errors.TROUBLES."""

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble
