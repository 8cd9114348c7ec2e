"""Formants and sources of each speech sound, under its ARPABET name.

Formant frequencies of a tenor's vowels, between the averages for men of Peterson and Barney (JASA
1952) and of Hillenbrand et al. (JASA 1995); those of the consonants after Klatt (JASA 1980).
"""

from dataclasses import dataclass

# Bandwidths and the resonances above the third hardly move with the vowel. The third to fifth
# stand close together in a trained voice (Sundberg 1974): that is what carries it. The tube goes on
# resonating far above them; without those poles everything over 4 kHz would be missing.
BANDWIDTHS_HZ = (75.0, 90.0, 130.0, 170.0, 220.0, 350.0, 500.0, 700.0, 900.0, 1100.0, 1300.0)
UPPER_FORMANTS_HZ = (3250.0, 3750.0, 4800.0, 6000.0, 7300.0, 8600.0, 9900.0, 11_200.0)


@dataclass(frozen=True)
class Phoneme:
    """One sound: three moving formants and how strongly each source drives them.

    `voice`, `breath` (noise at the glottis, through the formants) and `hiss` (noise at the teeth,
    around `hiss_hz`) are linear, 1 = a full vowel; `nasal` 0-1 moves the nose's zero into place.
    """

    formants_hz: tuple[float, float, float]
    voice: float = 1.0
    breath: float = 0.05
    hiss: float = 0.0
    nasal: float = 0.0
    hiss_hz: float = 6500.0


# A singer evens out what a passive tract would do: close vowels get more breath, open ones less.
VOWELS = {
    "AA": Phoneme((710.0, 1130.0, 2500.0), voice=0.9),
    "AE": Phoneme((670.0, 1650.0, 2450.0)),
    "AH": Phoneme((630.0, 1220.0, 2500.0)),
    "AO": Phoneme((580.0, 900.0, 2450.0)),
    "AX": Phoneme((500.0, 1350.0, 2480.0)),
    "EH": Phoneme((550.0, 1770.0, 2490.0)),
    "IH": Phoneme((400.0, 1930.0, 2550.0), voice=1.2),
    "IY": Phoneme((300.0, 2230.0, 2900.0), voice=1.5),
    "OH": Phoneme((480.0, 850.0, 2420.0), voice=0.9),
    "UH": Phoneme((430.0, 1000.0, 2280.0)),
    "EE": Phoneme((440.0, 2000.0, 2600.0), voice=1.25),
}
# A diphthong glides from the first to the second.
DIPHTHONGS = {
    "AY": ("AA", "IH"),
    "AW": ("AA", "UH"),
    "EY": ("EE", "IY"),
    "OW": ("OH", "UH"),
}
CONSONANTS = {
    "L": Phoneme((360.0, 1150.0, 2750.0), voice=0.55),
    "M": Phoneme((260.0, 1050.0, 2300.0), voice=0.5, nasal=0.6),
    "N": Phoneme((260.0, 1500.0, 2500.0), voice=0.5, nasal=1.0),
    "W": Phoneme((300.0, 640.0, 2200.0), voice=0.6),
    "D": Phoneme((220.0, 1700.0, 2650.0), voice=0.12),
    "HH": Phoneme((520.0, 1500.0, 2500.0), voice=0.0, breath=0.5),
    "S": Phoneme((330.0, 1500.0, 2600.0), voice=0.0, hiss=0.8, hiss_hz=6800.0),
    "Z": Phoneme((300.0, 1500.0, 2600.0), voice=0.3, hiss=0.3, hiss_hz=6300.0),
}
# The tongue's release after D: eight milliseconds of noise.
BURST = Phoneme((300.0, 1750.0, 2700.0), voice=0.1, hiss=0.6, hiss_hz=4000.0)
REST = Phoneme((480.0, 1400.0, 2450.0), voice=0.0, breath=0.0)
INHALE = Phoneme((600.0, 1600.0, 2700.0), voice=0.0, breath=0.12)

CONSONANT_S = {
    "L": 0.07,
    "M": 0.08,
    "N": 0.075,
    "W": 0.075,
    "D": 0.055,
    "HH": 0.075,
    "S": 0.11,
    "Z": 0.09,
}
BURST_S = 0.008
