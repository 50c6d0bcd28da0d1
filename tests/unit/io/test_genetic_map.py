"""Genetic maps: the formats in use, archives as hosts serve them, interpolation, and maps that cannot be right."""

import csv
import gzip
import io
import logging
import re
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.io.genetic_map import map_positions, read_genetic_map
from fuzz import BYTE_CHANGES, LINE_CHANGES, Format, UnreadableError, fuzz, on

FORMATS = {
    "hapmap": "Chromosome Position(bp) Rate(cM/Mb) Map(cM)\nchr1 1000 2.0 0\nchr1 2000 1 0.5\nchr1 4000 0 1e0\n",
    "1000 Genomes": "position COMBINED_rate(cM/Mb) Genetic_Map(cM)\n1000 2.0 0\n2000 1 0.5\n4000 0 1.0\n",
    "shapeit4": "pos\tchr\tcM\n1000\t1\t0\n2000\t1\t0.5\n4000\t1\t1.0\n",
    "plink": "1 . 0 1000\n1 rs5 0.5 2000\n1 . 1.0 4000\n",
    "comments": "# a map\n##of one chromosome\n#chr pos cM\nchr1 1000 0\nchr1 2000 0.5\nchr1 4000 1\n",
    "commas": "chr,pos,cM\r\n1,1000,0\r\n\r\n1,2000,0.5\r\n1,4000,1\r\n",
    "semicolons": "cM;chr;pos\n0;1;1000\n0.5;1;2000\n1;1;4000\n",
    "R": '"chr" "pos" "cM"\n"1" 1000 0\n"1" 2e+03 0.5\n"1" 4000 1\n',
    "another rate": "chr\tpos\tcMperMb\n1\t1000\t500\n1\t2000\t250\n1\t4000\t0\n",
    # As HapMap's map lifted over to GRCh38: each rate holds up to the next position.
    "rates": "Chromosome\tPosition(bp)\tRate(cM/Mb)\nchr1\t1000\t500\nchr1\t2000\t250\nchr1\t4000\t0.000000\n",
}


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_every_format_gives_the_same_positions(tmp_path, text):
    path = tmp_path / "map.txt.gz"
    path.write_bytes(gzip.compress(text.encode()))
    positions = np.array([0, 1000, 1500, 2000, 3000, 4000, 7000])
    # Beyond the ends: the mean rate, 1 cM in 3 kb.
    expected = [-1 / 3, 0, 0.25, 0.5, 0.75, 1, 2]
    np.testing.assert_allclose(map_positions(read_genetic_map(path), "1", positions), expected, atol=1e-12)
    np.testing.assert_allclose(map_positions(read_genetic_map(path), "chr1", positions), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a table"),
        ("1 2 3\n", "neither a header nor the 4 columns"),
        ("chr pos rate\n1 5 1\n", "exactly one column of positions .* one of cM"),
        ("chr pos cM Map(cM)\n1 5 1 1\n", "exactly one column of positions .* one of cM"),
        ("pos chr cM\n", "it has no rows"),
        ("pos(Mb) chr cM\n1 1 0\n2 1 1\n", r"exactly one column of positions .*it has pos\(Mb\), chr, cM"),
        ("pos chr Genetic_Map(M)\n1 1 0\n2 1 1\n", "exactly one column of positions"),
        ("pos chr chrom cM\n1 1 1 0\n2 1 1 1\n", r"at most one of contigs \(chr\)"),
        ("# Map\nChr Begin End cMperMb cM\n1 5 6 1 0\n", "exactly one column of positions .*it has Chr, Begin, End"),
        ("chr pos cM\n1 5\n1 6\n", "line 2 has 2 columns, not 3"),
        ("chr pos cM\n\n1 5 0\n1 6\n", "line 4 has 2 columns"),
        ("chr pos cM\n1 5 0 0\n", "line 2 has 4 columns"),
        ("chr pos cM\n1 5 0\n#1 6 1\n", "line 3 begins with #"),
        ("chr pos cM\n1 5 0\nchr pos cM\n", "line 3: a position or map position is not a number"),
        ("chr pos cM\n1 5 x\n1 6 1\n", "line 2: a position or map position is not a number"),
        ("chr pos cM\n1 5 nan\n", "not a number"),
        ("chr pos cM\n1 5 NA\n", "not a number"),
        ("chr;pos;cM\n1;5;0,5\n", "not a number"),
        (
            "chr pos cM\n1 0.90 0\n1 0.92 1\n",
            "line 2: position 0.90 is not a whole number of base pairs. Convert .* in Mb",
        ),
        ("1 . 0 5\n1 . 1 6.5\n", "line 2: position 6.5 is not a whole number"),
        ("chr pos cM\n1 -5 0\n", "position -5 is not a whole number of base pairs"),
        ("chr pos cM\n1 2147483648 0\n", "position 2147483648 is not a whole number of base pairs"),
        ("chr pos cM/Mb\n1 5 -1\n1 6 0\n", "line 3: the map position of contig 1 falls from 0 to -1e-06 cM"),
        ("chr pos cM\n2 7 1\n1 5 1\n\n1 5 2\n", "line 5: position 5 of contig 1 appears twice. Keep one"),
        ("pos cM\n7 1\n5 1\n", r"line 3: position 5 of contig \(unnamed\) comes after 7. Sort the map"),
        ("chr pos cM\n1 5 1\n1 6 0.5\n", "line 3: the map position of contig 1 falls from 1 to 0.5 cM"),
    ],
)
def test_maps_that_cannot_be_used(tmp_path, text, message):
    path = tmp_path / "map.txt"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_genetic_map(path)


def test_a_contig_without_a_map(tmp_path):
    path = tmp_path / "map.txt"
    path.write_text(FORMATS["shapeit4"])
    with pytest.raises(UserError, match="fewer than two positions on contig 2"):
        map_positions(read_genetic_map(path), "2", np.array([5]))


def test_sites_beyond_the_ends_of_the_map_are_counted(tmp_path, caplog):
    path = tmp_path / "map.txt"
    path.write_text(FORMATS["shapeit4"])
    genetic_map = read_genetic_map(path)
    inside = np.linspace(1000, 4000, 18).astype(int)
    with caplog.at_level(logging.WARNING):
        map_positions(genetic_map, "1", np.append(inside, [999, 4001]))
    assert caplog.messages == []
    map_positions(genetic_map, "1", np.append(inside, [998, 999, 4001]))
    assert len(caplog.messages) == 1
    assert "3 of 21 sites on contig 1 are beyond the ends of the genetic map (1000 to 4000 bp)" in caplog.messages[0]


def hapmap_table(contig: str, first: int, last: int) -> str:
    rows = [f"chr{contig}\t{first}\t1\t0", f"chr{contig}\t{last}\t0\t{(last - first) / 1e6}"]
    return "\n".join(["Chromosome\tPosition(bp)\tRate(cM/Mb)\tMap(cM)", *rows, ""])


def tar(path: Path, members: dict[str, str | bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        folder = tarfile.TarInfo("maps_chr2")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in members.items():
            content = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(f"maps_chr2/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def stdpopsim_archive(folder: Path) -> Path:
    tables = {f"genetic_map_GRCh37_chr{c}.txt": hapmap_table(c, 1000, 2_001_000) for c in ("10", "1", "22")}
    x = {
        "genetic_map_GRCh37_chrX_par1.txt": hapmap_table("X", 100_000, 2_600_000),
        "genetic_map_GRCh37_chrX.txt": hapmap_table("X", 2_700_000, 2_900_000),
        "genetic_map_GRCh37_chrX_par2.txt": hapmap_table("X", 3_000_000, 3_100_000),
    }
    readme = {"README.txt": "A map from the Phase II HapMap project.\nSee below.\n", "._chr1.txt": b"\0\1\2"}
    return tar(folder / "maps.tar.gz", readme | tables | x)


def shapeit_archive(folder: Path) -> Path:
    regions = dict.fromkeys(("10", "1", "22"), (1000, 2_001_000))
    regions |= {"X": (2_700_000, 2_900_000), "X_par1": (100_000, 2_600_000), "X_par2": (3_000_000, 3_100_000)}
    tables = {}
    for region, (first, last) in regions.items():
        contig = region.partition("_")[0]
        text = f"pos\tchr\tcM\n{first}\t{contig}\t0.000000\n{last}\t{contig}\t{(last - first) / 1e6}\n"
        tables[f"chr{region}.b37.gmap.gz"] = gzip.compress(text.encode())
    return tar(folder / "maps.tar.gz", tables)


def beagle_archive(folder: Path) -> Path:
    path = folder / "plink.GRCh37.map.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("README.txt", "HapMap genetic maps in PLINK format\n")
        for contig in ("10", "1", "22"):
            archive.writestr(f"plink.chr{contig}.GRCh37.map", f"{contig} . 0 1000\n{contig} . 2.0 2001000\n")
        archive.writestr("plink.chrX.GRCh37.map", "23 . 0 2700000\n23 . 0.2 2900000\n")
        archive.writestr("plink.chrX_par1.GRCh37.map", "23 . 0 100000\n23 . 2.5 2600000\n")
        archive.writestr("plink.chrX_par2.GRCh37.map", "23 . 0 3000000\n23 . 0.1 3100000\n")
    return path


@pytest.mark.parametrize("write", [stdpopsim_archive, shapeit_archive, beagle_archive])
def test_archives_as_public_hosts_serve_them(tmp_path, write):
    path = write(tmp_path)
    whole = read_genetic_map(path)
    assert list(whole["contig"].unique()) == ["10", "1", "22", "X"]
    for contig in ("1", "chr1"):
        part = read_genetic_map(path, [contig])
        assert part["contig"].tolist() == ["1", "1"]
        assert part["position"].tolist() == [1000, 2_001_000]
        assert part["cm"].tolist() == [0, 2]
    assert list(read_genetic_map(path, ["chr22", "chr10"])["contig"].unique()) == ["10", "22"]
    # The regions of X follow each other, with no distance across the gaps.
    x = read_genetic_map(path, ["chrX"])
    assert x["position"].tolist() == [100_000, 2_600_000, 2_700_000, 2_900_000, 3_000_000, 3_100_000]
    np.testing.assert_allclose(x["cm"], [0, 2.5, 2.5, 2.7, 2.7, 2.8], atol=1e-12)
    np.testing.assert_allclose(map_positions(whole, "X", np.array([2_650_000, 2_800_000])), [2.5, 2.6], atol=1e-12)
    with pytest.raises(UserError, match="has no map of contig 7, Y"):
        read_genetic_map(path, ["chr1", "Y", "7"])


def test_rates_are_summed_up_within_contigs(tmp_path):
    path = tmp_path / "map.txt"
    path.write_text("chr pos Rate(cM/Mb)\n1 0 1\n1 1000000 2\n1 1500000 7\n2 500 3\n2 1000500 0\n")
    np.testing.assert_allclose(read_genetic_map(path)["cm"], [0, 1, 2, 0, 3])


def test_tables_without_a_contig_take_it_from_the_name_of_their_file(tmp_path):
    tables = {f"genetic_map_chr{c}_combined_b37.txt": FORMATS["1000 Genomes"] for c in ("1", "2")}
    path = tar(tmp_path / "maps.tar", tables, "w:")
    assert read_genetic_map(path)["contig"].tolist() == ["1"] * 3 + ["2"] * 3
    assert read_genetic_map(path, ["chr2"])["contig"].tolist() == ["2"] * 3


def test_an_archive_of_one_table_without_a_contig_in_its_name(tmp_path):
    path = tar(tmp_path / "maps.tar.gz", {"all.map": "1 . 0 5\n1 . 1 6\n2 . 0 7\n2 . 1 8\n"})
    assert read_genetic_map(path, ["2"])["position"].tolist() == [7, 8]
    assert len(read_genetic_map(path)) == 4


@pytest.mark.parametrize(("wanted", "found"), [(["2"], ["2"]), (["chr23"], ["X"]), (None, ["1", "2", "X"])])
def test_contigs_of_one_plain_file(tmp_path, wanted, found):
    path = tmp_path / "all.map"
    path.write_text("1 . 0 5\n1 . 1 6\n2 . 0 7\n2 . 1 8\n23 . 0 7\n23 . 1 8\n")
    assert list(read_genetic_map(path, wanted)["contig"].unique()) == found
    with pytest.raises(UserError, match="has no map of contig 3"):
        read_genetic_map(path, ["3"])


def test_a_map_without_contigs_serves_any(tmp_path):
    path = tmp_path / "map.txt"
    path.write_text(FORMATS["1000 Genomes"])
    pd.testing.assert_frame_equal(read_genetic_map(path, ["7"]), read_genetic_map(path))


@pytest.mark.parametrize("write", [stdpopsim_archive, beagle_archive])
def test_a_damaged_archive(tmp_path, write):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"map.* is truncated or damaged"):
        read_genetic_map(path, ["1"])


def test_a_truncated_plain_tar(tmp_path):
    path = tar(tmp_path / "maps.tar", {"chr1.txt": "pos chr cM\n" + "".join(f"{i} 1 {i}\n" for i in range(9999))}, "w:")
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(UserError, match="is truncated or damaged"):
        read_genetic_map(path)


def test_an_archive_without_tables(tmp_path):
    with pytest.raises(UserError, match="contains no table"):
        read_genetic_map(tar(tmp_path / "maps.tar.gz", {}))


def test_a_faulty_table_is_named_with_its_archive(tmp_path):
    path = tar(tmp_path / "maps.tar.gz", {"chr1.map": "1 . 0 5\n1 . x 6\n", "chr2.map": "2 . 0 5\n2 . 1 6\n"})
    assert len(read_genetic_map(path, ["2"])) == 2
    with pytest.raises(UserError, match=r"maps.tar.gz \(maps_chr2/chr1.map\), line 2: .* not a number"):
        read_genetic_map(path)


def test_two_maps_of_one_contig(tmp_path):
    text = "pos chr cM\n5 1 0\n9 1 1\n"
    path = tar(tmp_path / "maps.tar.gz", {"female_chr1.txt": text, "male_chr1.txt": text})
    with pytest.raises(UserError, match="two maps of contig 1"):
        read_genetic_map(path)


def test_unicode_text_of_excel(tmp_path):
    path = tmp_path / "map.txt"
    path.write_bytes(FORMATS["shapeit4"].encode("utf-16"))
    assert read_genetic_map(path)["position"].tolist() == [1000, 2000, 4000]


# Mutated maps ---------------------------------------------------------------------------------------------------------


def read_folder(folder: Path) -> list:
    return read_genetic_map(folder / "map.txt").to_numpy().tolist()


def read_by_pandas(folder: Path) -> list:
    """Read a map with a header (chr, pos, cM in any order) or of PLINK with pandas."""
    text = (folder / "map.txt").read_bytes().decode(errors="replace").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line.strip()]
    while lines and lines[0].startswith("#") and "pos" not in lines[0].lower():
        del lines[0]
    first = lines[0] if lines else ""
    separator = "," if "," in first else ";" if ";" in first else r"\s+"
    try:
        rows = pd.read_csv(
            io.StringIO("\n".join(lines)), sep=separator, header=None, dtype=str, keep_default_na=False,
            quoting=csv.QUOTE_NONE, engine="python",
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableError(str(error)) from error
    names = [str(name).lower().strip('#" ') for name in rows.iloc[0]]
    if len(names) == 4 and re.fullmatch(r"[0-9.eE+-]+", names[3]):
        names = ["chr", "id", "cm", "pos"]
    else:
        rows = rows[1:]
    starts = {start: [at for at, name in enumerate(names) if name.startswith(start)] for start in ("chr", "pos", "cm")}
    if rows.isna().any(axis=None) or len(starts["pos"]) != 1 or len(starts["cm"]) != 1 or len(starts["chr"]) > 1:
        raise UnreadableError("columns")
    cells = {start: rows[at[0]].str.strip() for start, at in starts.items() if at}
    try:
        position, cm = cells["pos"].astype(float), cells["cm"].astype(float)
    except ValueError as error:
        raise UnreadableError(str(error)) from error
    contig = cells["chr"].str.strip('"').str.removeprefix("chr") if "chr" in cells else pd.Series("", rows.index)
    contig = contig.replace({"23": "X", "24": "Y", "26": "MT", "M": "MT"})
    table = pd.DataFrame({"contig": contig, "position": position, "cm": cm})
    sound = [
        (part["position"].diff()[1:] > 0).all() and (part["cm"].diff()[1:] >= 0).all()
        for _, part in table.groupby("contig")
    ]
    if not (position % 1 == 0).all() or not position.between(0, 2**31 - 1).all() or not all(sound):
        raise UnreadableError("positions")
    # Contigs in blocks, in the order in which they begin.
    return pd.concat([part for _, part in table.groupby("contig", sort=False)]).to_numpy().tolist()


@pytest.mark.parametrize("kind", ["header", "PLINK", "commas"])
def test_mutated_maps_are_refused_or_read_as_pandas_reads_them(tmp_path, mutations, kind):
    rows = [(contig, 1000 * i, f"{0.01 * i:.4f}") for contig in (1, 2) for i in range(1, 13)]
    text = {
        "header": "pos chr cM\n" + "".join(f"{position} {contig} {cm}\n" for contig, position, cm in rows),
        "PLINK": "".join(f"{contig}\t.\t{cm}\t{position}\n" for contig, position, cm in rows),
        "commas": "chr,pos,cM\n" + "".join(f"{contig},{position},{cm}\n" for contig, position, cm in rows),
    }[kind]
    changes = [on("map.txt", change) for change in BYTE_CHANGES + LINE_CHANGES]
    fuzz(Format({"map.txt": text.encode()}, changes, read_folder, read_by_pandas), mutations, tmp_path)
