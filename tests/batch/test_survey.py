"""What a song will take of the disk and of memory, known from its headers alone."""

from pathlib import Path

import pytest

from mixer.batch.requests.identity import UNKNOWN
from mixer.batch.survey import Size, survey_song
from tests.batch.manifests import read_rows

N_SAMPLES, PCM_24, PCM_16 = 4_410, 3, 2


@pytest.fixture
def survey(make_songs):
    def of(columns: str, cells: str, file_format: str = "wav") -> Size:
        manifest: Path = make_songs(["one"], f"song,{columns}\none,{cells}\n", folder=columns)
        (row,) = read_rows(manifest)
        return survey_song(row, file_format, UNKNOWN, 1)

    return of


def test_a_premaster_is_kept_of_songs_of_albums_alone(survey) -> None:
    premaster = 2 * 4 * N_SAMPLES  # stereo, float32
    assert survey("id", "a").premaster_bytes == 0
    assert survey("album", "Debut").premaster_bytes == premaster
    # With each of its stems, where they are written or heard for the album's sound.
    with_stems = survey("album,stems", "Debut,yes").premaster_bytes
    assert with_stems == 2 * premaster  # a song of drums alone
    heard = survey("album,loudness_lufs,album_sound", "Debut,-14,0.5").premaster_bytes
    assert heard == with_stems


def test_stems_and_depths_count_on_the_disk(survey) -> None:
    mix = survey("id", "a").output_bytes
    sixteen = survey("bit_depth", "16").output_bytes
    assert mix - sixteen == 2 * N_SAMPLES * (PCM_24 - PCM_16)
    stems = survey("stems", "yes").output_bytes
    assert stems > 2 * mix
    assert survey("id,album", "a,Debut").output_bytes == mix
