"""Fetch a region, or the sites of a legend, from an archive of VCFs, one VCF a chromosome; only these parts travel."""

import argparse
import re
from pathlib import Path

from artificial_genomes.acquire.remote_vcf import fetch_regions
from artificial_genomes.acquire.sources import read_vcf_sources, vcf_source
from artificial_genomes.core import program
from artificial_genomes.core.regions import Region, parse_region
from artificial_genomes.io.hapt import read_legend


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", required=True, type=Path, help="resources/sources.tsv")
    parser.add_argument("--file", required=True, help="the file's path below resources/data")
    parser.add_argument(
        "--sites", nargs="?", type=Path, help="legend of the sites, where the file is not of one region"
    )
    program.add_attempts(parser)
    parser.add_argument("--output", required=True, type=Path, help="the bgzipped VCF; its index goes beside it")
    args = parser.parse_args()
    source = vcf_source(read_vcf_sources(args.sources), args.file)
    if args.sites is None:
        region = re.fullmatch(source.pattern, args.file).groupdict()
        regions = [parse_region("{contig}:{start}-{end}".format(**region))]
    else:
        sites = read_legend(args.sites)
        regions = [Region(site.contig, site.position, site.position) for site in sites.itertuples()]
    fetch_regions(source.urls, regions, args.output, args.attempts, args.wait)


if __name__ == "__main__":
    program.run(main)
