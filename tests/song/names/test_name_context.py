"""What names mean together: complements, sums, exports, mixes under other names, titles, leads."""

import unicodedata

import pytest

from mixer.song.names.name_context import classify_all
from mixer.song.names.track_names import classify
from mixer.song.names.track_word_splitting import split_words

OUT = None


def told(*names: str, song: str = "") -> dict[str, str | None]:
    files = [f"{name}.wav" for name in names]
    return {
        name: item.stem for name, item in zip(names, classify_all(files, song=song), strict=True)
    }


def uncertain(*names: str, song: str = "") -> set[str]:
    files = [f"{name}.wav" for name in names]
    return {
        name
        for name, item in zip(names, classify_all(files, song=song), strict=True)
        if not item.certain
    }


@pytest.mark.parametrize(
    ("part", "complement", "stem"),
    [
        ("vocals", "no_vocals", "vocals"),
        ("drums", "no_drums", "drums"),
        ("bass", "minus bass", "bass"),
        ("drums", "Drumless", "drums"),
        ("Vox", "NoVox", "vocals"),
        ("1_My Song_(Vocals)", "1_My Song_(No Vocals)", "vocals"),
        ("Drum Island (Vocals)", "Drum Island (No Vocals)", "vocals"),
        ("Song (Vocals)", "Song (vocals removed)", "vocals"),
        ("Lead Vocals", "Song without lead vocals", "vocals"),
        ("Gesang", "ohne Gesang", "vocals"),
        ("Voix", "sans voix", "vocals"),
        ("Voz", "sin voz", "vocals"),
        ("Вокал", "без вокала", "vocals"),
        ("ボーカル", "ボーカルなし", "vocals"),
        ("人声", "去人声", "vocals"),
        ("vocals", "instrumental", "vocals"),
        ("vocals", "Song Inst", "vocals"),
        ("Vox", "Song w-o vox", "vocals"),
        ("drums", "everything but drums", "drums"),
        ("vocals", "Minus One", "vocals"),
    ],
)
def test_a_complement_is_other_beside_its_counterpart_and_a_mix_beside_its_parts(
    part: str, complement: str, stem: str
) -> None:
    assert told(part, complement) == {part: stem, complement: "other"}
    rest = {"Kick": "drums", "Bass DI": "bass", "Gtr": "other", "Vox dbl": "vocals"}
    assert told(part, complement, *rest) == {part: stem, complement: OUT, **rest}


def test_four_stems_and_their_complements_are_the_four_stems() -> None:
    stems = {name: name for name in ("vocals", "drums", "bass", "other")}
    assert told(*stems, *(f"no_{name}" for name in stems)) == {
        **stems, **{f"no_{name}": OUT for name in stems},
    }  # fmt: skip


def test_of_several_two_stem_runs_one_pair_is_the_song() -> None:
    assert told("drums", "no_drums", "vocals", "no_vocals") == {
        "drums": OUT, "no_drums": OUT, "vocals": "vocals", "no_vocals": "other",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Vocals (No Reverb)", "vocals"), ("Lead Vox no fx", "vocals"), ("Kick no click", "drums"),
        ("Gtr No 2", "other"), ("Piano without pedal", "other"), ("Nord Piano", "other"),
        ("No Strings Attached - Vocals", "vocals"), ("Bass no fuzz", "bass"),
    ],
)  # fmt: skip
def test_what_is_negated_may_be_something_else_than_a_part(name: str, stem: str) -> None:
    assert told(name, "Kick", "Bass")[name] == stem


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Synth-bounce-1", "other"), ("Pad (Bounced)", "other"), ("Arp print", "other"),
        ("808_print", "bass"), ("Rough Synth", "other"), ("Synth Master", "other"),
        ("FX print", "other"), ("Lead bounce", "vocals"), ("Room print", "drums"),
        ("printed Loop", "drums"), ("Choir Rough", "vocals"),
    ],
)  # fmt: skip
def test_an_exported_part_is_a_part(name: str, stem: str) -> None:
    assert classify(name).stem == stem


@pytest.mark.parametrize(
    "name",
    [
        "Song_bounce", "Break My Heart bounce", "Rough 3", "print_v2", "Master_v3", "final2",
        "Main", "Song_mst", "Song MIXX", "Main LR", "LR", "2trk", "FOH", "Song FINAL FINAL",
        "Acoustic Mix", "Radio Mix", "Mezcla", "Mischung", "микс", "ミックス", "母带",
        "믹스", "guia", "Metrônomo",
        "Main Mix 2", "TV Track", "Board Mix", "Full", "L-R", "Demo", "Song demo",
    ],
)  # fmt: skip
def test_mixes_under_other_names_are_left_out(name: str) -> None:
    assert told(name, "Kick", "Bass", "Vox")[name] is OUT


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("リミックス", "other"), ("春のリミックス", "other"), ("ミックスナッツ", "other"),
        ("マスターピース", "other"), ("重混音", "other"), ("리믹스", "other"),
        ("曲名ミックス", OUT), ("最終ミックス", OUT), ("クリック音", OUT), ("混音版", OUT),
        ("参考音源", OUT), ("ドラムミックス", "drums"),
        ("드럼믹스", "drums"), ("人声混音", "vocals"),
    ],
)  # fmt: skip
def test_a_mix_inside_a_longer_word_of_its_script_is_none(name: str, stem: str | None) -> None:
    assert classify(f"{name}.wav").stem == stem
    assert classify(f"{name}.wav").certain == (stem != "other")


@pytest.mark.parametrize("word", ["print", "bounce", "mix", "master", "rough", "ref", "bus"])
def test_a_word_of_most_names_says_nothing_about_one(word: str) -> None:
    stems = {"Kick": "drums", "808": "bass", "FX": "other", "Pluck": "other", "Choir": "vocals"}
    assert told(*(f"{name}_{word}" for name in stems)) == {
        f"{name}_{word}": stem for name, stem in stems.items()
    }


def test_several_mixes_stay_mixes() -> None:
    names = [f"Song mix {number}" for number in range(4)]
    assert set(told(*names).values()) == {OUT}


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Voix refrain", "vocals"), ("Choeurs refrain", "vocals"), ("Gesang Refrain", "vocals"),
        ("Refrain Vocals", "vocals"), ("Refrain", "vocals"), ("Reflection Pad", "other"),
        ("refinery", "other"), ("masterpiece", "other"), ("clickbait", "other"),
        ("mainframe", "other"), ("premixture", "other"), ("Remixture Bass", "bass"),
    ],
)  # fmt: skip
def test_nothing_is_left_out_for_the_inside_of_a_word(name: str, stem: str) -> None:
    assert told(name, "Kick", "Bass")[name] == stem


def test_sums_are_left_out_beside_their_parts() -> None:
    parts = {
        "Kick In": "drums", "Kick Out": "drums", "Snare": "drums", "Gtr 1": "other",
        "EGtr 2": "other", "BV 1": "vocals", "BV 2": "vocals", "Gang Group": "vocals",
    }  # fmt: skip
    sums = (
        "Kick SUM",
        "ALL DRUMS",
        "Drum Bus",
        "DRUMS_SUBMIX",
        "Gtr Buss",
        "BV Sum",
        "Gruppe Drums",
        "Grupo Drums",
    )
    assert told(*parts, *sums) == {**parts, **dict.fromkeys(sums)}
    # alone, each is the part
    assert OUT not in told("Kick SUM", "Drum Bus", "Gtr Buss", "BV Sum").values()
    assert uncertain(*parts, "Drums Mix") == {"Drums Mix"}


def test_the_songs_name_alone_is_a_mix_beside_its_parts() -> None:
    parts = {"Kick": "drums", "Bass": "bass", "Vox": "vocals"}
    for name, song in (
        ("Erica", "Erica Stems"),
        ("Erica v2", "Erica"),
        ("Drum Island", "Drum Island"),
    ):
        assert told(name, *parts, song=song) == {name: OUT, **parts}
        assert uncertain(name, *parts, song=song) == {name}
    assert told("Vox", "Drums", song="Drums Vox") == {"Vox": "vocals", "Drums": "drums"}


def test_a_double_of_the_lead_is_a_vocal_and_an_a_cappella_a_sum() -> None:
    names = ("Lead Vox", "Lead Dbl", "BV")
    assert told(*names, "Acapella") == {**dict.fromkeys(names, "vocals"), "Acapella": OUT}


def test_a_field_recorders_sum_is_left_out_beside_its_tracks() -> None:
    names = ("ZOOM0001_LR", "ZOOM0001_Tr1", "ZOOM0001_Tr2")
    assert [item is OUT for item in told(*names).values()] == [True, False, False]
    more = ("REC07_Tr3", "REC07_Tr4", "REC07_Tr56", "REC07_TrMic")
    assert [name for name, stem in told("REC07_LR", *more).items() if stem is OUT] == ["REC07_LR"]
    assert told("OH LR", "Piano LR", "Kick") == {"OH LR": "drums", "Piano LR": "other",
                                                 "Kick": "drums"}  # fmt: skip


@pytest.mark.parametrize(
    ("names", "song"),
    [
        (("Drum Island - xyz",), ""),
        (("Drum Island - xyz", "Drum Island - Kick", "Drum Island - Bass"), ""),
        (("Drum Island - xyz", "Drum Island - Vox"), "Drum Island"),
        (("LEAD", "Vox", "Kick"), ""),
        (("LEAD", "BV", "Kick"), ""),
        (("Erica Lead", "Kick"), ""),
        (("Final Chorus Erica", "Kick", "Bass"), ""),
        (("鼓楼", "Kick"), ""),
    ],
)
def test_what_may_mean_another_thing_is_not_certain(names: tuple[str, ...], song: str) -> None:
    assert uncertain(*names, song=song) == {names[0]}


def test_a_part_behind_a_title_decides() -> None:
    assert told("Bass Face - Gtr", "Bass Face - Vox") == {
        "Bass Face - Gtr": "other",
        "Bass Face - Vox": "vocals",
    }
    assert told("ATMO BACKGROUND") == {"ATMO BACKGROUND": "other"}


LANGUAGES = {
    "vocals": "Vo ボーカル 主唱 人声 보컬 вокал zang sång wokal voz chanteuse Gesang Chœurs "
    "コーラス 和声 코러스 Бэк-вокал achtergrondzang kör chórki voci Główny_wokal リードボーカル",
    "bass": "ベース 贝斯 貝斯 베이스 бас бас-гитара basgitaar elbas baixo bajo basso Kontrabass "
    "Gitara_basowa Guitare_basse",
    "drums": "ドラム キック スネア ハイハット シンバル タム 鼓 底鼓 军鼓 镲片 드럼 킥 "
    "스네어 하이햇 "
    "бочка барабаны тарелки оверхеды slagwerk trummor virvel stopa werbel perkusja bateria bumbo "
    "caixa Schlagzeug Becken batterie caisse_claire charleston cassa rullante piatti bombo caja",
    "other": "Gt Pf ギター アコギ エレキギター ピアノ シンセ ストリングス 吉他 电吉他 钢琴 小提琴 "
    "合成器 기타 일렉기타 건반 신디 гитара клавиши скрипка синт gitaar toetsen strijkers elgitarr "
    "fiol gitara klawisze skrzypce violão teclado sanfona Gitarre Streicher Bläser Flöte clavier "
    "cordes cuivres chitarra tastiera archi guitarra cuerdas metales",
}


@pytest.mark.parametrize("stem", LANGUAGES)
def test_names_in_other_languages(stem: str) -> None:
    names = LANGUAGES[stem].split()
    found = {name: (item.stem, item.certain) for name in names for item in [classify(name)]}
    assert {name: item for name, item in found.items() if item != (stem, True)} == {}


def test_normal_forms_ligatures_and_full_width_letters_do_not_matter() -> None:
    for name in ("Flöte", "ガイドボーカル", "パッド", "ハット", "Chœurs", "하이햇", "Cajón"):
        forms = {unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")}
        assert len({(classify(form).stem, classify(form).reason) for form in forms}) == 1
    assert split_words("Ｋｉｃｋ ﬁddle") == ["kick", "fiddle"]
    assert (classify("パッド").stem, classify("ハット").stem) == ("other", "drums")


def test_a_version_marked_as_old_is_left_out_beside_the_new_one() -> None:
    names = ("Vox", "Vox OLD", "Gtr 1", "Gtr 1 (old)", "Gtr 2 old", "Piano", "Old Piano")
    stems = told(*names)
    assert {name for name, stem in stems.items() if stem is OUT} == {"Vox OLD", "Gtr 1 (old)"}
    assert uncertain(*names) == {"Vox OLD", "Gtr 1 (old)"}


def test_what_is_unused_is_left_out() -> None:
    assert told("Pad unused", "zz_Unused_Kick 2", "Kick") == {
        "Pad unused": OUT,
        "zz_Unused_Kick 2": OUT,
        "Kick": "drums",
    }


def test_formats_behind_several_names_say_nothing_and_one_says_a_mix() -> None:
    tracks = ("Kick (Mono)", "Bass (Mono)", "OH (Stereo)", "Zarg (Stereo)")
    assert told(*tracks)["Zarg (Stereo)"] == "other"
    assert told("Kick", "Bass", "OH", "Zarg (Stereo)")["Zarg (Stereo)"] is OUT


@pytest.mark.parametrize(
    ("part", "beside"),
    [
        ("Lead Vox SUM", ("BGV L", "BGV R", "Snare")),  # the lead is in no other file
        ("Anna Vox Bus", ("Ben Vox 1", "Ben Vox 2")),
        ("BackingVox3 Submix", ("BackingVox1", "BackingVox2")),
        ("Drum Bus", ("Snare Top", "Snare Btm")),  # the rest of the kit is in no other file
        ("Gtr Bus", ("Acoustic Gtr L", "Acoustic Gtr R")),
        ("Room Bus", ("Kick", "Snare")),
    ],
)
def test_a_sum_of_what_is_in_no_other_file_is_a_part(part: str, beside: tuple[str, ...]) -> None:
    assert OUT not in told(part, *beside).values()


def test_a_sum_holds_what_its_name_says() -> None:
    parts = {
        "Anna Vox 1": "vocals", "Anna Vox 2": "vocals", "Ben Vox": "vocals", "BGV2 A": "vocals",
        "BGV2 B": "vocals", "Room L": "drums", "Room Far": "drums", "Kick": "drums",
    }  # fmt: skip
    files = [f"{name}.wav" for name in (*parts, "Anna Vox SUM", "BGV2 SUM", "Rooms SUM")]
    *_, anna, voices, rooms = classify_all(files)
    assert anna.reason == "named as the sum of Anna Vox 1.wav, Anna Vox 2.wav"
    assert voices.reason == "named as the sum of BGV2 A.wav, BGV2 B.wav"
    assert rooms.reason == "named as the sum of Room L.wav, Room Far.wav"


@pytest.mark.parametrize("name", ["Muted Gtr 2", "Gtr L muted", "Bass (muted)", "Tpt muted"])
def test_muted_is_a_way_of_playing(name: str) -> None:
    assert told(name, "Kick", "Vox")[name] == classify(f"{name}.wav").stem != OUT
    assert told("Song (drums muted)", "Kick", "Vox")["Song (drums muted)"] is OUT


@pytest.mark.parametrize(
    "name", ["Main Pair L", "02_MainArray", "Main Mics", "Main XY", "6 Mix Channel 1"]
)
def test_main_microphones_are_not_a_mix(name: str) -> None:
    parts = {"Violin 1": "other", "Cello": "other", "Timpani": "drums"}
    assert told(name, *parts) == {name: "other", **parts}
    assert uncertain(name, *parts) == {name}


def test_a_workstations_name_for_a_new_track_is_not_an_instrumental() -> None:
    parts = {"Kick": "drums", "Bass 2": "bass"}
    assert told("Inst 4", "Inst 12", "Inst", *parts) == {
        "Inst 4": "other", "Inst 12": "other", "Inst": OUT, **parts,
    }  # fmt: skip
    assert uncertain("Inst 4", "Inst", *parts) == {"Inst 4"}
    # As they are called once they were bounced, frozen or rendered in place.
    bounced = ("Inst 1_bip", "Inst 2-bip-bip", "Inst 3 (R)", "Inst 4-bounced", "Inst 5#01")
    assert told(*bounced, *parts) == {**dict.fromkeys(bounced, "other"), **parts}


def test_a_lead_is_sung_where_its_name_says_so() -> None:
    assert told("CHO LD 2", "Vox FX", "Kick")["CHO LD 2"] == "vocals"
    assert told("Erica Lead", "Erica Vox", "Ben Vox")["Erica Lead"] == "vocals"
    assert told("Lead", "Backing Vox 1", "Vox Dbl")["Lead"] == "vocals"
    assert told("Lead", "Vox", "Kick")["Lead"] == "other"


@pytest.mark.parametrize(
    ("name", "song", "stem"),
    [
        ("Oh_Brother_Gtr clean", "Anna Lee - Oh Oh Brother", "other"),
        ("03 Choir Boys Fender Riff", "Choir Boys Fender", "other"),
        ("Oh Brother Synth pad", "Anna Lee - Oh Brother", "other"),
        ("12. Oh Brother_02", "Anna Lee - Oh Brother", OUT),
        ("Rain Wind", "Anna Lee_Rain Wind_Full", OUT),
        ("Rain Wind print v3", "Rain Wind", OUT),
        ("Bass Drum", "Bass Drum", "drums"),
    ],
)
def test_a_title_that_sounds_like_a_part_says_nothing(name: str, song: str, stem) -> None:
    parts = {"Kick": "drums", "Bass DI": "bass", "Lead Vox": "vocals"}
    assert told(name, *parts, song=song) == {name: stem, **parts}


def test_a_weak_word_of_the_title_says_nothing_about_one_file() -> None:
    assert uncertain("Man Ray 3", "Vox", "Kick", song="The Man") == {"Man Ray 3"}
    assert told("Man Ray 3", "Vox", "Kick", song="The Man")["Man Ray 3"] == "other"
    assert told("Man 3", "Vox", "Kick", song="The Man")["Man 3"] == "vocals"


def test_a_singer_with_the_bands_name_is_a_part() -> None:
    parts = ("Erica BV", "Erica Dbl", "Kick", "Bass", "OH", "Gtr")
    assert told("Erica", *parts, song="Erica - Home")["Erica"] == "other"
    titled = [f"Erica {part}" for part in ("Vox", "Kick", "Bass", "OH", "Gtr")]
    assert told("Erica", *titled, song="Erica")["Erica"] is OUT


def test_a_sound_that_begins_every_name_is_their_title() -> None:
    names = {"Kick": "drums", "808": "bass", "Chords": "other", "Hat": "drums"}
    found = told(*(f"Groove_{name}" for name in names))
    assert found == {f"Groove_{name}": stem for name, stem in names.items()}
    assert told("Synth_Bass", "Synth_Lead", "Synth_Pad")["Synth_Lead"] == "other"
    # The word of the folder: two stems contradict it, however many names say nothing else.
    names = {"Drums": "drums", "Choir": "vocals", **dict.fromkeys("ABCDEF", "other")}
    found = told(*(f"Impact_{name}" for name in names), song="Impact")
    assert found == {f"Impact_{name}": stem for name, stem in names.items()}
    assert uncertain(*found, song="Impact") == {f"Impact_{name}" for name in "ABCDEF"}
