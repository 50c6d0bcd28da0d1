"""Fetch one public file and verify its checksum; the file appears whole or not at all."""

import argparse
import re
from pathlib import Path

from artificial_genomes.acquire import downloads, sources
from artificial_genomes.core import program


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    program.add_attempts(parser)
    parser.add_argument(
        "--output", required=True, type=Path, help="output: the file; the index of a VCF is written next to it"
    )
    kinds = parser.add_subparsers(required=True, metavar="wheel|url|vcf|member")

    wheel = kinds.add_parser(
        "wheel", help="download a wheel from the package index that pip uses; nothing is installed or run"
    )
    wheel.add_argument("--requirement", required=True, help="requirement to download, such as pypgx==0.11.0")
    wheel.add_argument("--sha256", required=True, help="checksum of the wheel")
    wheel.set_defaults(
        fetch=lambda args: sources.download_wheel(args.requirement, args.sha256, args.output, args.attempts, args.wait)
    )

    url = kinds.add_parser("url", help="download a file from its URL; an interrupted download resumes")
    url.set_defaults(fetch=fetch_url)
    vcf = kinds.add_parser(
        "vcf", help="fetch one region, or the sites of a legend, from an archive of VCFs, and nothing else"
    )
    vcf.add_argument(
        "--sites", nargs="?", type=Path, help="legend with the sites to fetch, unless the file is one region"
    )
    vcf.set_defaults(fetch=fetch_vcf)
    for kind in (url, vcf):
        kind.add_argument("--sources", required=True, type=Path, help="resources/sources.tsv")
        kind.add_argument("--file", required=True, help="the file's path below resources/data")

    member = kinds.add_parser("member", help="unpack a file from a wheel that has been downloaded")
    member.add_argument("--wheel", required=True, type=Path, help="the downloaded wheel")
    member.add_argument("--wheel-sha256", required=True, help="its checksum")
    member.add_argument("--member", required=True, help="path of the file inside the wheel")
    member.add_argument("--sha256", required=True, help="checksum of the file")
    member.set_defaults(
        fetch=lambda args: sources.unpack_member(args.wheel, args.wheel_sha256, args.member, args.sha256, args.output)
    )

    args = parser.parse_args()
    args.fetch(args)


def fetch_url(args: argparse.Namespace) -> None:
    """Download a file of sources.tsv."""
    file = sources.read_url_files(args.sources)[args.file]
    downloads.download_url(
        file.url, file.sha256, args.output, args.attempts, args.wait, file.mirrors, file.content_sha256
    )


def fetch_vcf(args: argparse.Namespace) -> None:
    """Fetch the rows of a file of sources.tsv from the archive, one VCF per chromosome."""
    # Only in the environment of the rule that fetches VCFs.
    from artificial_genomes.acquire.remote_vcf import fetch_regions
    from artificial_genomes.core.regions import Region, parse_region
    from artificial_genomes.io.hapt import read_legend

    source = sources.vcf_source(sources.read_vcf_sources(args.sources), args.file)
    if args.sites is None:
        region = re.fullmatch(source.pattern, args.file).groupdict()
        regions = [parse_region("{contig}:{start}-{end}".format(**region))]
    else:
        sites = read_legend(args.sites)
        regions = [Region(site.contig, site.position, site.position) for site in sites.itertuples()]
    fetch_regions(source.urls, regions, args.output, args.attempts, args.wait)


if __name__ == "__main__":
    program.run(main)
